import type { StopResult } from '../protocol/answers.ts';
import { counted, taskLine } from '../words/task-words.ts';
import type { CommandContext } from './command.ts';

/** Prints what became of a task that was signalled, and gives back what `--json` shows of it. */
export async function stopAnswer(
  { task, signals, descendantsAlive }: StopResult,
  { context: { stdout, stderr }, json }: { readonly context: CommandContext; readonly json: boolean },
): Promise<object> {
  if (!json) await stdout.write(`${taskLine(task)}\n`);
  if (task.state !== 'running' && descendantsAlive > 0) {
    const left = counted(descendantsAlive, {
      one: 'process that it started is',
      many: 'processes that it started are',
    });
    await stderr.write(`task ${task.id} has ended; ${left} still alive\n`);
  }
  return { ...task, signals, descendantsAlive };
}

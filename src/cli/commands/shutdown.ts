import type { ShutdownResult } from '../../protocol/answers.ts';
import { counted } from '../../words/task-words.ts';
import type { Command } from '../command.ts';
import { printJson } from '../json-text.ts';
import { askRunningDaemon } from '../running-daemon.ts';

/** `ghost shutdown`: without a daemon there is nothing to do, which is said, and is no failure. */
export const shutdown: Command = async ({ options }, context) => {
  const stopTasks = options.has('stop-tasks');
  const answer = await askRunningDaemon(context, (client) => client.shutdown({ stopTasks }));
  if (options.has('json')) {
    await printJson(answer ?? { pid: null, tasksRunning: null, tasksStopped: null }, context);
  } else if (answer === null) {
    await context.stderr.write('no daemon is running: there is nothing to shut down\n');
  } else {
    await context.stdout.write(`${sentence(answer)}\n`);
  }
  return 0;
};

function sentence({ pid, tasksRunning, tasksStopped }: ShutdownResult): string {
  const stopped = counted(tasksStopped, { one: 'task was stopped', many: 'tasks were stopped' });
  const running = counted(tasksRunning, { one: 'task goes on running', many: 'tasks go on running' });
  const said = [tasksStopped > 0 ? [stopped] : [], tasksRunning > 0 ? [running] : []].flat();
  return `daemon ${pid} has ended; ${said.length > 0 ? said.join(', ') : 'no task was running'}`;
}

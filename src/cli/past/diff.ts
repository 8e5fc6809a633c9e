import { GhostError } from '../../ghost-error.ts';
import type { EnvironmentValue, TaskDetail } from '../../protocol/answers.ts';
import { visible } from '../../words/visible.ts';
import type { Command, CommandContext } from '../command.ts';
import { printJson } from '../json-text.ts';
import { textOfBytes } from '../line-printer.ts';
import { comparedLinesMax } from './compared-log.ts';
import { renderDiff } from './diff-text.ts';
import { ignorePatterns } from './line-blanks.ts';
import { diffRuns, type Pair, type RunDiff } from './run-diff.ts';

/** `ghost diff A B`: what differs between two runs. Ends as diff(1) does: with 0 where nothing does, else with 1. */
export const diff: Command = async ({ options, words: [first = '', second = ''] }, context) => {
  const values = options.has('env');
  const reveal = options.has('reveal');
  if (reveal && !values) {
    throw new GhostError('usage', '--reveal shows what --env masks, and --env is not there', {
      hint: 'ghost diff --env --reveal A B',
    });
  }
  const patterns = ignorePatterns(options.values('ignore'));
  const client = await context.connect({ start: true });
  const [a, b] = await Promise.all([client.show(first), client.show(second)]);
  const found = await diffRuns(client, { a, b }, { patterns, exact: options.has('exact'), reveal });
  if (options.has('json')) await printJson(diffJson(found, { a, b }, { values }), context);
  else await print(found, { a, b }, { context, values });
  return found.isSame ? 0 : 1;
};

async function print(
  found: RunDiff,
  pair: Pair<TaskDetail>,
  { context, values }: { readonly context: CommandContext; readonly values: boolean },
): Promise<void> {
  const { stdout, stderr, style } = context;
  const lineText = stdout.isTerminal ? visible : (text: string) => text;
  const lines = renderDiff(found, pair, { style, nowMs: context.now(), values, lineText });
  await stdout.write(`${lines.join('\n')}\n`);
  if (found.isCut) {
    await stderr.write(
      `ghost: the logs are long or not whole; at most the last ${comparedLinesMax} lines were compared\n`,
    );
  }
  if (found.isSame && stderr.isTerminal) await stderr.write('nothing differs but the time\n');
}

/** Everything that was found, in one object; what does not differ is null or empty. */
function diffJson(found: RunDiff, { a, b }: Pair<TaskDetail>, { values }: { readonly values: boolean }): object {
  const { isSame, isCut, environment, log, ...facts } = found;
  return {
    same: isSame,
    a: a.task,
    b: b.task,
    ...facts,
    environment: environment.map(({ name, kind, a: left, b: right }) => ({
      name,
      kind,
      ...(values ? { a: valueJson(left), b: valueJson(right) } : {}),
    })),
    durationMs: { a: a.task.durationMs, b: b.task.durationMs },
    processorTime: { a: a.processorTime, b: b.processorTime },
    stdoutBytes: { a: a.log.stdoutBytes, b: b.log.stdoutBytes },
    stderrBytes: { a: a.log.stderrBytes, b: b.log.stderrBytes },
    log: { ...log, cut: isCut },
  };
}

function valueJson(variable: EnvironmentValue | null): object | null {
  if (variable === null) return null;
  const { value, shown } = variable;
  return { value: value === null || typeof value === 'string' ? value : textOfBytes(value), shown };
}

import { parseByteSize } from '../../byte-size.ts';
import type { PruneOptions } from '../../client/api.ts';
import { GhostError } from '../../ghost-error.ts';
import type { PruneResult } from '../../protocol/answers.ts';
import { byteText } from '../../words/byte-text.ts';
import { centuryMs, parseDuration } from '../../words/duration.ts';
import { counted } from '../../words/task-words.ts';
import { visible } from '../../words/visible.ts';
import type { Command } from '../command.ts';
import { countOption } from '../count-option.ts';
import { printJson } from '../json-text.ts';
import type { ParsedOptions } from '../parse.ts';

/** `ghost prune [ID...]`: takes old output away and says whose; with `--dry-run` it only says. The facts stay. */
export const prune: Command = async ({ options, words }, context) => {
  const request = pruneOptions(options, { words, nowMs: context.now() });
  const client = await context.connect({ start: true });
  const result = await client.prune(request);
  if (options.has('json')) await printJson(result, context);
  else await context.stdout.write(pruneText(result, request));
  return 0;
};

function pruneOptions(
  options: ParsedOptions,
  { words, nowMs }: { readonly words: readonly string[]; readonly nowMs: number },
): PruneOptions {
  const older = options.value('older');
  const keepTasks = countOption(options, { long: 'keep', of: 'tasks', hint: 'ghost prune --keep 100' });
  const size = options.value('max-log');
  return {
    ...(older === null ? {} : { endedBefore: new Date(nowMs - parseDuration(older, { mostMs: centuryMs })) }),
    ...(keepTasks === null ? {} : { keepTasks }),
    ...(size === null ? {} : { maxBytes: bytesOf(size) }),
    ...(words.length === 0 ? {} : { tasks: [...new Set(words)] }),
    ...(options.has('forget') ? { forget: true } : {}),
    dryRun: options.has('dry-run'),
  };
}

function bytesOf(size: string): number {
  const bytes = parseByteSize(size);
  if (bytes !== null) return bytes;
  throw new GhostError('usage', `"${visible(size)}" is no size`, { hint: 'ghost prune --max-log 500MB' });
}

/** `42  12.3 MiB` for each task, the numbers under each other, the sum in words, and how many are hidden. */
function pruneText(result: PruneResult, { dryRun = false }: PruneOptions): string {
  const { tasks, forgotten, forgottenTotal } = result;
  if (tasks.length + forgotten.length === 0) return dryRun ? 'nothing would go\n' : 'there was nothing to take\n';
  const hidden = counted(forgottenTotal, { one: 'task', many: 'tasks' });
  return [
    tasks.length === 0 ? '' : outputText(result, { dryRun }),
    forgotten.length === 0
      ? ''
      : `${hidden} ${dryRun ? 'would be hidden' : 'hidden'}: ${numbersText(forgotten)}${moreText(forgottenTotal - forgotten.length, ' ')}\n`,
  ].join('');
}

/** `7 42 50-61`: three and more that follow each other are told by their ends. */
function numbersText(numbers: readonly number[]): string {
  const runs: { readonly from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.to === number - 1) last.to = number;
    else runs.push({ from: number, to: number });
  }
  return runs
    .map(({ from, to }) => (to === from ? `${from}` : to === from + 1 ? `${from} ${to}` : `${from}-${to}`))
    .join(' ');
}

/** What is not told of one by one. */
function moreText(more: number, before: string): string {
  return more === 0 ? '' : `${before}… and ${more.toLocaleString('en')} more`;
}

function outputText({ tasks, tasksTotal, bytes }: PruneResult, { dryRun }: { readonly dryRun: boolean }): string {
  // They come by number.
  const width = String(tasks.at(-1)?.id ?? '').length;
  const sizes = tasks.map((task) => byteText(task.bytes));
  const sizeWidth = Math.max(...sizes.map((size) => size.length));
  const lines = tasks.map(({ id }, place) => {
    return `${String(id).padStart(width)}  ${(sizes[place] ?? '').padStart(sizeWidth)}\n`;
  });
  const sum = `${byteText(bytes)} of ${counted(tasksTotal, { one: 'task', many: 'tasks' })}`;
  const more = tasksTotal === tasks.length ? '' : `${moreText(tasksTotal - tasks.length, '')}\n`;
  return `${lines.join('')}${more}${sum} ${dryRun ? 'would go; nothing was taken' : 'taken'}\n`;
}

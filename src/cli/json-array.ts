import { quietJson } from '../quiet-json.ts';
import type { CommandContext } from './command.ts';

/** So many characters are written at once. */
const writtenAtOnce = 64 * 1024;

/**
 * Prints one JSON array as its items come, so that a long one is never held whole: indented for a person at a terminal, on
 * one line for a program. The same text as that of the whole.
 */
export async function printJsonArray(
  batches: AsyncIterable<readonly unknown[]>,
  { stdout }: Pick<CommandContext, 'stdout'>,
): Promise<void> {
  const { isTerminal } = stdout;
  let text = '[';
  let count = 0;
  for await (const batch of batches) {
    for (const item of batch) {
      text += count === 0 ? '' : ',';
      text += isTerminal ? `\n  ${quietJson(item, { indent: 2 }).replaceAll('\n', '\n  ')}` : quietJson(item);
      count += 1;
      if (text.length < writtenAtOnce) continue;
      await stdout.write(text);
      text = '';
      if (stdout.closed) return;
    }
  }
  await stdout.write(`${text}${isTerminal && count > 0 ? '\n' : ''}]\n`);
}

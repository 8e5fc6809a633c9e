import { GhostError } from '../../ghost-error.ts';
import { version } from '../../version.ts';
import { nearest } from '../../words/nearest.ts';
import { visible } from '../../words/visible.ts';
import { commandTable, findCommand } from '../command-table.ts';
import type { Command } from '../command.ts';
import { commandHelp, overview } from '../help.ts';
import { manPage } from '../man-page.ts';

/** `ghost help [COMMAND]`, `ghost help --man` */
export const help: Command = async ({ words: [word], options }, { stdout, style }) => {
  if (options.has('man')) {
    await stdout.write(manPage({ version }));
    return 0;
  }
  await stdout.write(word === undefined ? await overview(style) : await commandHelp(namedCommand(word), style));
  return 0;
};

function namedCommand(word: string) {
  const command = findCommand(word);
  if (command !== null) return command;
  const near = nearest(
    word,
    commandTable.map(({ name }) => name),
  );
  throw new GhostError('usage', `there is no command "${visible(word)}"`, {
    hint: near === null ? 'ghost help' : `ghost help ${near}`,
  });
}

import { version as ghostVersion } from '../../version.ts';
import type { Command } from '../command.ts';
import { printJson } from '../json-text.ts';

/** `ghost version`: `ghost 0.1.0`. */
export const version: Command = async ({ options }, context) => {
  if (options.has('json')) await printJson({ version: ghostVersion }, context);
  else await context.stdout.write(`ghost ${ghostVersion}\n`);
  return 0;
};

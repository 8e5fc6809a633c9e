import { exitStatusOf, GhostError } from '../ghost-error.ts';
import type { CommandContext } from './command.ts';
import { visible } from './visible.ts';

/**
 * Tells an error on stderr, what happened and on the next line what to type, and gives its exit status. A stack trace is
 * nothing that a user can act on: it is shown only where GHOST_DEBUG is 1.
 */
export async function reportError(
  error: unknown,
  { stderr, stderrStyle, environment }: Pick<CommandContext, 'stderr' | 'stderrStyle' | 'environment'>,
): Promise<number> {
  const { GHOST_DEBUG: debug } = environment;
  const stack = debug === '1' && error instanceof Error ? `${error.stack}\n` : '';
  if (error instanceof GhostError) {
    const hint = error.hint === '' ? '' : `${stderrStyle.dim(`  try: ${visible(error.hint)}`)}\n`;
    await stderr.write(`ghost: ${visible(error.message)}\n${hint}${stack}`);
    return exitStatusOf(error.code);
  }
  const message = error instanceof Error ? error.message : String(error);
  await stderr.write(`ghost: something unexpected went wrong: ${visible(message)}\n${stack}`);
  return 1;
}

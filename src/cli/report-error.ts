import { messageOf } from '../error-message.ts';
import { exitStatusOf, GhostError } from '../ghost-error.ts';
import { visible } from '../words/visible.ts';
import type { CommandContext } from './command.ts';

/**
 * Tells an error on stderr, what happened and on the next line what to type, and gives its exit status. A stack trace is
 * nothing that a user can act on: it is shown only where GHOST_DEBUG is 1.
 */
export async function reportError(
  error: unknown,
  { stderr, stderrStyle, environment, help }: Pick<CommandContext, 'stderr' | 'stderrStyle' | 'environment' | 'help'>,
): Promise<number> {
  const { GHOST_DEBUG: debug } = environment;
  const stack = debug === '1' && error instanceof Error ? stackText(error) : '';
  if (error instanceof GhostError) {
    const status = exitStatusOf(error.code);
    const next = error.hint === '' && status === 2 ? help : error.hint;
    const hint = next === '' ? '' : `${stderrStyle.dim(`  try: ${visible(next)}`)}\n`;
    await stderr.write(`ghost: ${visible(error.message)}\n${hint}${stack}`);
    return status;
  }
  const message = messageOf(error);
  await stderr.write(`ghost: something unexpected went wrong: ${visible(message)}\n${stack}`);
  return 1;
}

function stackText({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .map((line) => `${visible(line)}\n`)
    .join('');
}

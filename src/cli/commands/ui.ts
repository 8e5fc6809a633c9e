import { GhostError } from '../../ghost-error.ts';
import type { Command } from '../command.ts';

/** `ghost ui`: the screen. It is loaded by nothing else. */
export const screen: Command = async ({ options }, context) => {
  const { stdout, environment, stdinIsTerminal, loadScreen, connect, now, cwd, users } = context;
  const { TERM: terminal } = environment;
  if (!stdout.isTerminal || !stdinIsTerminal() || terminal === 'dumb') {
    await context.stderr.write('ghost: the screen needs a terminal; on a pipe, use ghost list and ghost log\n');
    return 2;
  }
  if (options.has('json')) throw new GhostError('usage', 'the screen has no JSON', { hint: 'ghost list --json' });
  const open = await loadScreen();
  return await open({ environment, connect, now, cwd, users, colour: !options.has('no-color') });
};

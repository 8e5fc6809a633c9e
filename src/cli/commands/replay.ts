import type { Command } from '../command.ts';

/** See `past.ts`: loaded when it is asked for. */
export const replay: Command = async (invocation, context) =>
  await (await import('../past.ts')).replay(invocation, context);

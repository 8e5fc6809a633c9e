import type { Command } from '../command.ts';

/** See `past.ts`: loaded when it is asked for. */
export const audit: Command = async (invocation, context) =>
  await (await import('../past.ts')).audit(invocation, context);

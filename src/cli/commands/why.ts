import type { Command } from '../command.ts';

/** See `past.ts`: loaded when it is asked for. */
export const why: Command = async (invocation, context) => await (await import('../past.ts')).why(invocation, context);

import type { Command } from '../command.ts';

/** See `past.ts`: loaded when it is asked for. */
export const exportTask: Command = async (invocation, context) =>
  await (await import('../past.ts')).exportTask(invocation, context);

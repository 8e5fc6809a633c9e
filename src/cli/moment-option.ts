import type { Client } from '../client/api.ts';
import type { Moment } from '../protocol/messages.ts';
import { parsePastTime, typedMoment } from '../words/time.ts';
import type { ParsedOptions } from './parse.ts';
import { momentOf } from './time-option.ts';

/** `--at TIME` as it was typed. */
interface TypedMoment {
  /** The moment in the form that a request takes, and in milliseconds since 1970. @throws GhostError `usage` */
  resolve(client: Client): Promise<{ readonly at: Moment; readonly atMs: number }>;
}

/** Reads `--at`, before anybody is asked; null where it was not given. @throws GhostError `usage`. */
export function momentOption(options: ParsedOptions, { nowMs }: { readonly nowMs: number }): TypedMoment | null {
  const text = options.value('at');
  if (text === null) return null;
  const typed = parsePastTime(text, { nowMs });
  return {
    resolve: async (client) => {
      const time = await momentOf(typed, client);
      // What is yet to come is not counted.
      return { at: typedMoment(typed), atMs: Math.min(time.getTime(), nowMs) };
    },
  };
}

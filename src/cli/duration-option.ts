import { parseDuration } from '../words/duration.ts';
import type { ParsedOptions } from './parse.ts';

/** Milliseconds of an option that is a duration, or null where it was not given. @throws GhostError `usage`. */
export function durationOption(options: ParsedOptions, long: string): number | null {
  const text = options.value(long);
  return text === null ? null : parseDuration(text);
}

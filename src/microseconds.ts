import type { Microseconds } from './journal/events.ts';

/** Microseconds since 1970 as ISO 8601 in UTC with milliseconds. */
export function isoTime(at: Microseconds): string {
  return new Date(at / 1000).toISOString();
}

/** The way back: an ISO 8601 time that was checked where it came in, as microseconds since 1970. */
export function microsecondsOf(time: string): Microseconds {
  return (Date.parse(time) * 1000) as Microseconds;
}

/** A time of day in milliseconds since 1970, as the clocks of Node's and of file systems give it. */
export function microsecondsAt(ms: number): Microseconds {
  return Math.round(ms * 1000) as Microseconds;
}

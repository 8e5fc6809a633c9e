import { GhostError } from '../ghost-error.ts';
import { durationMsMax } from '../protocol/limits.ts';
import { visible } from './visible.ts';

const units = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'm', ms: 60_000 },
  { unit: 's', ms: 1000 },
  { unit: 'ms', ms: 1 },
] as const;

/** A hundred years: no task is older, and none took longer. */
export const centuryMs = 36_525 * 86_400_000;

const grammar = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * Milliseconds of a duration as a person types it: `500ms`, `90s`, `5m`, `1h30m`, `2d`; whole numbers, the larger unit
 * first, each once. `mostMs` is the longest that is taken, by default what a timer can wait for.
 * @throws GhostError `usage`; a plain number is refused, since it could be seconds as well as milliseconds.
 */
export function parseDuration(text: string, { mostMs = durationMsMax }: { readonly mostMs?: number } = {}): number {
  if (/^\d+$/.test(text)) {
    throw new GhostError('usage', `the duration "${text}" has no unit; did you mean ${text}s?`, { hint: `${text}s` });
  }
  const total = durationMsIn(text);
  if (total === null) {
    throw new GhostError('usage', `"${visible(text)}" is no duration`, { hint: '500ms, 90s, 5m, 1h30m or 2d' });
  }
  if (total > mostMs) {
    throw new GhostError('usage', `${text} is too long: a duration is at most ${formatDuration(mostMs)}`, {
      hint: `${Math.floor(mostMs / 86_400_000)}d`,
    });
  }
  return total;
}

/** Milliseconds of a text that is a duration, however long, or null where it is none. */
export function durationMsIn(text: string): number | null {
  const parts = grammar.exec(text)?.slice(1);
  if (parts === undefined || text === '') return null;
  return units.reduce((sum, { ms }, place) => sum + Number(parts[place] ?? 0) * ms, 0);
}

/** A duration in the form that `parseDuration` reads, exact to the millisecond. */
export function formatDuration(durationMs: number): string {
  let rest = durationMs;
  let text = '';
  for (const { unit, ms } of units) {
    const count = Math.floor(rest / ms);
    rest -= count * ms;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

import type { TaskView } from '../projections/task-view.ts';

/** Times in the caller's time zone and durations as people read them. All take and give milliseconds. */

/** `14:03:22` for today, `yesterday 14:30`, `2026-11-20 14:30`. */
export function shortTime({ atMs, nowMs }: { readonly atMs: number; readonly nowMs: number }): string {
  const now = new Date(nowMs);
  if (dayOf(atMs) === dayOf(nowMs)) return clockTime(atMs);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  const day = dayOf(atMs) === dayOf(yesterday.getTime()) ? 'yesterday' : dayOf(atMs);
  return `${day} ${clockTime(atMs).slice(0, 5)}`;
}

/** `2026-11-20 14:30:05` */
export function fullTime(atMs: number): string {
  return `${dayOf(atMs)} ${clockTime(atMs)}`;
}

/** `14:30:05` */
export function clockTime(atMs: number): string {
  const at = new Date(atMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => padded(part)).join(':');
}

/** `14:30:05.123` */
export function exactClockTime(atMs: number): string {
  return `${clockTime(atMs)}.${String(new Date(atMs).getMilliseconds()).padStart(3, '0')}`;
}

/** `2026-11-20` */
export function dayOf(atMs: number): string {
  const at = new Date(atMs);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => padded(part)).join('-');
}

/**
 * How long a task took, or has taken by then: the clock of one that runs is still going, up to the moment that is looked
 * at. `-` where it never ran or nothing tells.
 */
export function tookTextOf(
  { state, startedAt, durationMs }: Pick<TaskView, 'state' | 'startedAt' | 'durationMs'>,
  { atMs }: { readonly atMs: number },
): string {
  if (durationMs !== null) return tookText(durationMs);
  return state === 'running' && startedAt !== null ? tookText(atMs - Date.parse(startedAt)) : '-';
}

/** `7ms`, `1.2s`, `3m 05s`, `2h 10m`, `4d 3h`: two units at most, and never more than has passed. */
export function tookText(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < 1000) return `${Math.floor(ms)}ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${padded(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${padded(minutes % 60)}m`;
  return `${Math.floor(minutes / 1440)}d ${Math.floor(minutes / 60) % 24}h`;
}

function padded(part: number): string {
  return String(part).padStart(2, '0');
}

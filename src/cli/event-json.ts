import type { JournalEvent } from '../journal/events.ts';
import { isoTime } from '../microseconds.ts';

/** An event as `--json` shows it: `{ seq, at, type, task, actor, data, hash }`, times in ISO 8601. */
export function eventJson({ seq, at, type, task, actor, data, hash }: JournalEvent): object {
  return { seq, at: isoTime(at), type, task, actor, data: withIsoTimes(data), hash };
}

function withIsoTimes(data: object): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = { ...data };
  for (const key of ['startedAt', 'endedAt', 'firstAt', 'lastAt']) {
    const at = shown[key];
    if (typeof at === 'number') shown[key] = new Date(at / 1000).toISOString();
  }
  return shown;
}

import type { JournalEvent, Microseconds, SequenceNumber } from '../../src/journal/events.ts';
import { committed, daemonDraft, microseconds, taskDraft } from '../support/facts.ts';

/** 2026-11-22T14:00:00Z, in milliseconds. */
export const two = Date.UTC(2026, 10, 22, 14);

/** Microseconds of so many milliseconds after two. */
export function after(ms: number): Microseconds {
  return microseconds((two + ms) * 1000);
}

type Draft = Parameters<typeof committed>[0][number];

/** An event at a place of the journal, so many milliseconds after two. */
export function eventAt(seq: number, ms: number, draft: Draft): JournalEvent {
  const [event] = committed([draft]);
  if (event === undefined) throw new Error('a draft makes an event');
  return { ...event, seq: seq as SequenceNumber, at: after(ms) };
}

const killed = { signal: 'SIGKILL', reason: 'grace-ran-out', graceMs: null } as const;

/** A task that was killed by SIGTERM in the third minute, with a daemon that crashed in the second. */
export const eventfulLife: readonly JournalEvent[] = [
  eventAt(2, 0, taskDraft('TaskSubmitted')),
  eventAt(3, 4, taskDraft('TaskSpawned')),
  eventAt(4, 10, taskDraft('TaskStarted', { data: { startedAt: after(9) } })),
  eventAt(5, 30_000, taskDraft('LogSegmentSealed', { data: { index: 0, from: 0, to: 4096, bytes: 400 } })),
  eventAt(6, 40_000, taskDraft('LogSegmentSealed', { data: { index: 1, from: 4096, to: 8192, bytes: 600 } })),
  eventAt(9, 120_000, taskDraft('TaskOrphaned')),
  eventAt(10, 120_001, taskDraft('TaskAdopted')),
  eventAt(11, 150_000, taskDraft('SignalRequested')),
  eventAt(12, 150_001, taskDraft('SignalSent')),
  eventAt(
    13,
    150_100,
    taskDraft('TaskExited', { data: { outcome: { kind: 'signaled', signal: 'SIGTERM' }, endedAt: after(150_099) } }),
  ),
  eventAt(14, 150_110, taskDraft('LogClosed')),
];

/** A stop whose grace of ten seconds ran out: both signals under the id of one request, as the daemon records them. */
export const graceRanOut: readonly JournalEvent[] = [
  ...eventfulLife.slice(0, 3),
  eventAt(20, 20_000, taskDraft('SignalRequested')),
  eventAt(21, 20_001, taskDraft('SignalSent')),
  eventAt(22, 30_000, taskDraft('SignalRequested', { data: killed })),
  eventAt(23, 30_001, taskDraft('SignalSent', { data: { signal: 'SIGKILL', reason: 'grace-ran-out' } })),
  eventAt(
    24,
    30_010,
    taskDraft('TaskExited', { data: { outcome: { kind: 'signaled', signal: 'SIGKILL' }, endedAt: after(30_009) } }),
  ),
];

/** What the daemon itself recorded meanwhile: it was last heard of in the 50th second, by somebody else's event. */
export const daemonLife: readonly JournalEvent[] = [
  eventAt(1, -1000, daemonDraft('DaemonStarted')),
  eventAt(7, 50_000, taskDraft('TaskSubmitted', { task: 2 })),
  eventAt(8, 119_000, daemonDraft('DaemonStarted', { data: { previous: 'crashed' } })),
];

import { expect, test } from 'vitest';

import { type EventRow, decodeEvent, encodeEvent, genesisHash } from '../../src/journal/codec.ts';
import { eventVersions } from '../../src/journal/event-versions.ts';
import type { EventDraft, EventType, SequenceNumber } from '../../src/journal/events.ts';
import { onceKey } from '../../src/journal/once-key.ts';
import { actor, eventTypes, microseconds, sampleData, taskDraft, taskId } from '../support/facts.ts';

function draftOf(type: EventType): EventDraft {
  const task = type.startsWith('Daemon') || type === 'PeerRefused' || type === 'JournalRestored' ? null : taskId(1);
  return { type, task, actor, data: sampleData[type] } as EventDraft;
}

test.each(eventTypes)('%s has a version and comes back from its row as it was', (type) => {
  expect(eventVersions[type]).toBeGreaterThanOrEqual(1);
  const draft = draftOf(type);
  const place = { seq: 8 as SequenceNumber, at: microseconds(12), previousHash: genesisHash };
  const row = encodeEvent(draft, place);
  expect(decodeEvent(row)).toEqual({ ...draft, seq: 8, at: 12, hash: row[7] });
});

test('the shape of every older version is brought up to date, and a newer one is refused', () => {
  for (const type of eventTypes) {
    const row = encodeEvent(draftOf(type), {
      seq: 8 as SequenceNumber,
      at: microseconds(12),
      previousHash: genesisHash,
    });
    for (let v = 1; v < eventVersions[type]; v += 1) expect(decodeEvent(row.with(4, v) as EventRow).type).toBe(type);
    expect(() => decodeEvent(row.with(4, eventVersions[type] + 1) as EventRow)).toThrow(/too old to know/);
  }
  const first: EventRow = [8, 12, 'LogClosed', 1, 1, '{}', '{"stdoutBytes":120,"stderrBytes":7}', genesisHash];
  expect(decodeEvent(first).data).toEqual({ stdoutBytes: 120, stderrBytes: 7, besideBytes: null });
});

test('what can happen once has one key, and what can happen again has none', () => {
  const keys = Object.fromEntries(eventTypes.map((type) => [type, onceKey(draftOf(type))]));
  expect(keys).toEqual({
    DaemonStarted: null,
    DaemonStopped: null,
    PeerRefused: null,
    JournalRestored: null,
    TaskSubmitted: 'request:request-1',
    TaskSpawned: 'TaskSpawned:1:1',
    TaskSpawnAborted: 'TaskSpawnAborted:1:1',
    TaskStarted: 'TaskStarted:1:1',
    TaskStartFailed: 'end:1',
    SignalRequested: 'SignalRequested:1:request-2:SIGTERM',
    SignalSent: 'SignalSent:1:request-2:SIGTERM',
    TaskExited: 'end:1',
    TaskOrphaned: null,
    TaskAdopted: null,
    TaskLost: 'end:1',
    PumpRestarted: null,
    LogSegmentSealed: 'LogSegmentSealed:1:stdout:0',
    LogSegmentPruned: 'LogSegmentPruned:1:stdout:0',
    LogClosed: 'LogClosed:1',
    TaskRenamed: 'TaskRenamed:1:request-3',
    TaskTagged: 'TaskTagged:1:request-4',
    TaskForgotten: 'TaskForgotten:1',
    EnvironmentRedacted: 'EnvironmentRedacted:1:request-6',
    OutOfMemorySeen: 'OutOfMemorySeen:1:1',
  });
});

test('a second attempt, another request and another signal of the same request are facts of their own', () => {
  expect(onceKey(taskDraft('TaskSpawned', { data: { attempt: 2 } }))).toBe('TaskSpawned:1:2');
  expect(onceKey(taskDraft('SignalSent', { data: { signal: 'SIGKILL' } }))).toBe('SignalSent:1:request-2:SIGKILL');
  expect(onceKey(taskDraft('SignalRequested', { task: 2 }))).toBe('SignalRequested:2:request-2:SIGTERM');
  expect(onceKey(taskDraft('TaskSubmitted', { task: 2, data: { requestId: 'other' } }))).toBe('request:other');
});

import { describe, expect, test } from 'vitest';

import { coarseUs, EndTime } from '../../src/daemon/end-time.ts';
import type { Microseconds, Outcome } from '../../src/journal/events.ts';

const at = 1_795_000_000_000_000 as Microseconds;
const earlier = (us: number): Microseconds => (at - us) as Microseconds;
const startedAt = earlier(60_000_000);
const terminated: Outcome = { kind: 'signaled', signal: 'SIGTERM' };

describe('the end of a task, by a file whose time is coarse', () => {
  test('is not before the start', () => {
    expect(new EndTime().of(earlier(1), { startedAt: at, outcome: { kind: 'exited', code: 0 } })).toBe(at);
  });

  test('is not before the signal that ended it, as far as the coarseness goes', () => {
    const end = new EndTime();
    end.noteSignal({ signal: 'SIGTERM', at });
    expect(end.of(earlier(1), { startedAt, outcome: terminated })).toBe(at);
    expect(end.of(earlier(coarseUs), { startedAt, outcome: terminated })).toBe(at);
    expect(end.of(earlier(coarseUs + 1), { startedAt, outcome: terminated })).toBe(earlier(coarseUs + 1));
    expect(end.of((at + 5) as Microseconds, { startedAt, outcome: terminated })).toBe(at + 5);
  });

  test('has nothing to do with a signal that did not end it', () => {
    const end = new EndTime();
    end.noteSignal({ signal: 'SIGTERM', at });
    for (const outcome of [
      { kind: 'signaled', signal: 'SIGKILL' },
      { kind: 'exited', code: 143 },
    ] as const) {
      expect(end.of(earlier(1), { startedAt, outcome })).toBe(earlier(1));
    }
  });
});

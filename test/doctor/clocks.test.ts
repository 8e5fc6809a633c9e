import { mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { checkStartLock, startLockStaleMs } from '../../src/doctor/daemon-check.ts';
import { isOld, youngMs } from '../../src/doctor/folder-check.ts';
import { clockOf, clockToleranceMs } from '../../src/doctor/journal-check.ts';
import { resolvePaths } from '../../src/paths.ts';
import { microseconds, noon } from '../support/facts.ts';

const nowMs = noon / 1000;

test('a start lock is somebody’s for so long, and from then on a leftover', () => {
  const home = mkdtempSync(join(tmpdir(), 'lock-'));
  try {
    const paths = resolvePaths({ GHOST_HOME: home });
    const lock = `${paths.startLock}.lock`;
    mkdirSync(lock);
    const statusAt = (ageMs: number): string => {
      utimesSync(lock, (nowMs - ageMs) / 1000, (nowMs - ageMs) / 1000);
      return checkStartLock({ paths, nowMs }).status;
    };
    expect([statusAt(startLockStaleMs), statusAt(startLockStaleMs + 1)]).toEqual(['ok', 'warning']);
    // A clock that is a little behind is none that was set back.
    expect([statusAt(-startLockStaleMs), statusAt(-startLockStaleMs - 1)]).toEqual(['ok', 'problem']);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test('what was written less than so long ago is somebody’s who may go on', () => {
  const old = (agoMs: number): boolean => isOld({ mtimeMs: nowMs - agoMs }, { nowMs });
  expect([old(youngMs), old(youngMs + 1), old(-youngMs - 1)]).toEqual([false, true, false]);
});

test('an event lies in the future where it is more ahead of the clock than two clocks may differ', () => {
  const statuses = (aheadMs: number): readonly string[] =>
    clockOf(microseconds(noon + aheadMs * 1000), nowMs).map(({ status }) => status);
  expect([statuses(clockToleranceMs), statuses(clockToleranceMs + 1)]).toEqual([['ok'], ['warning']]);
});

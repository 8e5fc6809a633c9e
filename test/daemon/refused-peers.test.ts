import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { RefusedPeers, recordEveryMs } from '../../src/daemon/refused-peers.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { actor } from '../support/facts.ts';
import { silentLog } from '../support/silent-log.ts';
import { until } from '../support/until.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

test('of each user one refusal is recorded in so long, however often he knocks, and the next one after that', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const refused = new RefusedPeers({ journal, log: silentLog, self: { ...actor, kind: 'daemon' } });
  const recorded = async (count: number): Promise<readonly unknown[]> => {
    await until('what was seen is recorded', () => journal.lastSeq >= count);
    return journal.read({ after: 0 }).map(({ data }) => data);
  };
  refused.note({ uid: 1001, pid: 1 });
  refused.note({ uid: 1001, pid: 2 });
  refused.note({ uid: 1002, pid: 3 });
  vi.advanceTimersByTime(recordEveryMs - 1);
  refused.note({ uid: 1001, pid: 4 });
  const atFirst = [
    { uid: 1001, pid: 1 },
    { uid: 1002, pid: 3 },
  ];
  expect(await recorded(2)).toEqual(atFirst);
  vi.advanceTimersByTime(1);
  refused.note({ uid: 1001, pid: 5 });
  // What is noted now is not counted from the refusals that were not recorded, but is from this one.
  refused.note({ uid: 1001, pid: 6 });
  expect(await recorded(3)).toEqual([...atFirst, { uid: 1001, pid: 5 }]);
});

import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { systemClock } from '../../src/clock.ts';
import { createAuditHandlers, silentEventsMax } from '../../src/daemon/audit-handlers.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import type { EventDraft } from '../../src/journal/events.ts';
import { auditItemCharactersMax, watchBatchMax } from '../../src/protocol/limits.ts';
import type { ParametersOf } from '../../src/protocol/messages.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { auditAll, readAll } from '../protocol/served.ts';
import { actor, daemonDraft, taskDraft } from '../support/facts.ts';

beforeEach(() => {
  // An item that takes long ends early. Here no time goes by.
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const all: ParametersOf<'audit'> = { ...auditAll, follow: false };

/** Asks a journal of these events for some of them: of each item, how many it has and how far it reaches. */
async function asking(folder: JournalFolder, drafts: readonly EventDraft[]) {
  const opened = await folder.openTasks();
  await opened.journal.append(drafts, { durability: 'normal' });
  const { audit } = createAuditHandlers({
    ...opened,
    clock: systemClock(),
    supervisor: { folder: (id) => new TaskFolder(join(folder.path, 'tasks'), id) },
  });
  const request = { actor, signal: new AbortController().signal };
  return async (parameters: Partial<ParametersOf<'audit'>> = {}): Promise<readonly (readonly [number, number])[]> => {
    const { items } = await readAll(audit({ ...all, ...parameters }, request));
    return items.map(({ events, seq }) => [events.length, seq] as const);
  };
}

test('an item has at the most so many events', async () => {
  using folder = new JournalFolder();
  const ask = await asking(
    folder,
    Array.from({ length: watchBatchMax + 1 }, () => daemonDraft('PeerRefused')),
  );
  const full = [watchBatchMax, watchBatchMax];
  expect(await ask({ before: watchBatchMax + 1 })).toEqual([full]);
  expect(await ask()).toEqual([full, [1, watchBatchMax + 1]]);
});

test('an item ends with the event with which its text has as many characters as it takes', async () => {
  /** Who did it and what was done, as they lie in the journal. */
  const submitted = (task: number, characters: number): EventDraft => {
    const draft = (word: string) =>
      taskDraft('TaskSubmitted', { task, data: { command: [word], requestId: `run-${task}` } });
    const { data } = draft('');
    const bare = JSON.stringify(actor).length + JSON.stringify(data).length;
    return draft('x'.repeat(Math.max(0, characters - bare)));
  };
  for (const [size, items] of [
    [auditItemCharactersMax, [1, 1]],
    [auditItemCharactersMax - 1, [2]],
  ] as const) {
    using folder = new JournalFolder();
    const ask = await asking(folder, [submitted(1, size), submitted(2, 0)]);
    expect((await ask()).map(([count]) => count)).toEqual(items);
  }
});

test('who waits for events of which there are none is told how far they were looked at, after so many', async () => {
  using folder = new JournalFolder();
  const ask = await asking(
    folder,
    Array.from({ length: silentEventsMax }, () => daemonDraft('PeerRefused')),
  );
  const types = ['TaskExited'] as const;
  expect(await ask({ types, before: silentEventsMax })).toEqual([]);
  expect(await ask({ types })).toEqual([[0, silentEventsMax]]);
});

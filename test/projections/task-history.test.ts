import { expect, test } from 'vitest';

import type { EventDraft, Microseconds, TaskId } from '../../src/journal/events.ts';
import { foldersMax } from '../../src/projections/filter-sql.ts';
import type { TaskJournal } from '../../src/projections/open-task-journal.ts';
import { searchCharactersMax } from '../../src/projections/search-text.ts';
import type { FilterTerm } from '../../src/projections/task-filter.ts';
import { searchBlock } from '../../src/projections/task-writer.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { noon, taskDraft } from '../support/facts.ts';

const normal = { durability: 'normal' } as const;
type Facts = Extract<EventDraft, { type: 'TaskSubmitted' }>['data'];

function submitted(task: number, data: Partial<Facts> = {}): EventDraft {
  return taskDraft('TaskSubmitted', { task, data: { requestId: `run-${task}`, uuid: `${task}`, ...data } });
}

function find({ history }: TaskJournal, ...terms: readonly FilterTerm[]): readonly TaskId[] {
  return steps({ history }, ...terms).flat();
}

function steps({ history }: Pick<TaskJournal, 'history'>, ...terms: readonly FilterTerm[]) {
  const filter = { terms, forgotten: false };
  return [...history.find(filter, { before: Number.MAX_SAFE_INTEGER, now: noon })];
}

function time(at: Microseconds | number): string {
  return new Date(at / 1000).toISOString();
}

test('a clock that is set back hides no task from a search by time', async () => {
  using folder = new JournalFolder();
  const opened = await folder.openTasks();
  folder.stepUs = 1_000_000;
  await opened.journal.append([submitted(1), submitted(2), submitted(3)], normal);
  folder.stepUs = -10_000_000;
  await opened.journal.append([submitted(4)], normal);
  folder.stepUs = 1_000_000;
  await opened.journal.append([submitted(5), submitted(6)], normal);
  const at = (id: number): number => opened.store.get(id as TaskId)?.submittedAt ?? 0;
  expect(at(4)).toBeLessThan(at(1));
  const all = [6, 5, 4, 3, 2, 1];
  for (const edge of all) {
    for (const off of [0, 1_000]) {
      const moment = at(edge) + off;
      const since = all.filter((id) => at(id) >= moment);
      expect(find(opened, { not: false, field: 'since', time: time(moment) })).toEqual(since);
      expect(find(opened, { not: true, field: 'until', time: time(moment) })).toEqual(since);
      expect(find(opened, { not: false, field: 'until', time: time(moment) })).toEqual(
        all.filter((id) => at(id) < moment),
      );
    }
  }
});

test('a text is found wherever it stands, in whatever case, before and after the index has it', async () => {
  using folder = new JournalFolder();
  const opened = await folder.openTasks();
  const count = searchBlock + 3;
  const drafts = Array.from({ length: count }, (_, index) =>
    submitted(index + 1, { command: ['run', `Job-${index + 1}.sh`], name: null }),
  );
  await opened.journal.append(drafts, normal);
  expect(opened.store.counter('searchTo')).toBe(searchBlock);
  const text = (given: string): FilterTerm => ({ not: false, field: 'text', text: given });
  expect(find(opened, text('ob-25'))).toEqual([259, 258, 257, 256, 255, 254, 253, 252, 251, 250, 25]);
  expect(find(opened, text('RUN JOB-7.'))).toEqual([7]);
  expect(find(opened, text('7.'))).toHaveLength(26);
  expect(find(opened, text('no such thing'))).toEqual([]);
  // A name that changes is looked for as it is now.
  const requestId = 'rename';
  await opened.journal.append([taskDraft('TaskRenamed', { task: 7, data: { requestId, name: 'Nightly' } })], normal);
  expect(find(opened, text('nightly'))).toEqual([7]);
  await opened.journal.append(
    [taskDraft('TaskRenamed', { task: 7, data: { requestId: 'r2', name: 'other' } })],
    normal,
  );
  expect(find(opened, text('nightly'))).toEqual([]);
  // What is in the index beside the text is not text.
  expect(find(opened, text('\u0001'))).toEqual([]);
});

test(`the first ${searchCharactersMax} characters of a command line are searched`, async () => {
  using folder = new JournalFolder();
  const opened = await folder.openTasks();
  const line = (before: number): readonly string[] => ['x'.repeat(before), 'needle'];
  await opened.journal.append(
    [
      submitted(1, { command: line(searchCharactersMax - 'needle'.length - 1) }),
      submitted(2, { command: line(searchCharactersMax - 'needle'.length) }),
    ],
    normal,
  );
  expect(find(opened, { not: false, field: 'text', text: 'needle' })).toEqual([1]);
});

test.each([foldersMax, foldersMax + 1])('tasks in %i folders below one are found', async (count) => {
  using folder = new JournalFolder();
  const opened = await folder.openTasks();
  const drafts = Array.from({ length: count }, (_, index) => submitted(index + 1, { cwd: `/srv/app/${index}` }));
  await opened.journal.append([...drafts, submitted(count + 1, { cwd: '/srv/application' })], normal);
  expect(find(opened, { not: false, field: 'cwd', folder: '/srv/app' })).toHaveLength(count);
  expect(find(opened, { not: false, field: 'cwd', folder: '/srv/app/3' })).toEqual([4]);
  expect(find(opened, { not: false, field: 'cwd', folder: '/' })).toHaveLength(count + 1);
});

test('a search that no index helps comes in many small steps', async () => {
  using folder = new JournalFolder();
  const opened = await folder.openTasks();
  await opened.journal.append(
    Array.from({ length: 3_500 }, (_, index) => submitted(index + 1)),
    normal,
  );
  const found = steps(opened, { not: false, field: 'longer', durationMs: 1 });
  expect(found.flat()).toEqual([]);
  expect(found.length).toBeGreaterThanOrEqual(4);
  expect(Math.max(...steps(opened).map(({ length }) => length))).toBeLessThanOrEqual(1_000);
});

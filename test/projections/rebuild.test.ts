import { existsSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

import { expect, test } from 'vitest';

import type { TaskJournal } from '../../src/projections/open-task-journal.ts';
import { type Rebuilt, scratchPath } from '../../src/projections/rebuild.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { taskDraft } from '../support/facts.ts';
import { dumpReadModels, tamperWith } from '../support/read-model-dump.ts';

const normal = { durability: 'normal' } as const;
const fold = { snapshotAfter: () => 3 };

async function withTasks(folder: JournalFolder): Promise<TaskJournal> {
  const opened = await folder.openTasks({ fold });
  for (const task of [1, 2, 3]) {
    await opened.journal.append(
      [
        taskDraft('TaskSubmitted', { task, data: { requestId: `run-${task}` } }),
        taskDraft('TaskSpawned', { task }),
        taskDraft('TaskStarted', { task }),
      ],
      normal,
    );
  }
  await opened.journal.append([taskDraft('TaskExited', { task: 2 }), taskDraft('LogClosed', { task: 2 })], normal);
  return opened;
}

function rebuild({ rebuild }: TaskJournal, onStep: () => void = () => undefined): Rebuilt {
  const steps = rebuild({ differencesMax: 100 });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    onStep();
  }
}

test('where nothing is wrong nothing differs, and nothing is left of it', async () => {
  using folder = new JournalFolder();
  const opened = await withTasks(folder);
  const before = dumpReadModels(folder.file);
  expect(rebuild(opened)).toEqual({ events: 11, tasks: 3, differences: [] });
  expect(dumpReadModels(folder.file)).toEqual(before);
  expect(existsSync(scratchPath(folder.file))).toBe(false);
});

test.each([
  ["UPDATE tasks SET state = 'lost', exit_code = NULL WHERE id = 2", ['task 2: its row differs in state, exit_code']],
  ['DELETE FROM tasks WHERE id = 3', ['task 3: its row is told of by the events, and is not kept']],
  ["INSERT INTO task_states VALUES (9, '{}')", ['task 9: its state is kept, and no event tells of it']],
  [
    `UPDATE task_states SET state = json_set(state, '$.adoptions', 5) WHERE id = 1`,
    ['task 1: its state differs in adoptions'],
  ],
  ["UPDATE task_states SET state = 'x' WHERE id = 1", ['task 1: its state differs, and cannot be read']],
  ['DELETE FROM task_tags WHERE task = 1', ['task 1: the tag "ci" is told of by the events, and is not kept']],
  ['DELETE FROM snapshots WHERE seq = 3', ['the snapshot after event 3 is told of by the events, and is not kept']],
  [
    'INSERT INTO clock_steps VALUES (2)',
    ['the note that the clock was set back at event 2 is kept, and no event tells of it'],
  ],
  ["UPDATE counters SET value = 7 WHERE name = 'tasks'", ['the counter tasks differs in value']],
  ["INSERT INTO task_search (rowid, text) VALUES (1, 'something')", ['the index of texts differs']],
])('%s: it is told and put right', async (sql, differences) => {
  using folder = new JournalFolder();
  const opened = await withTasks(folder);
  const before = dumpReadModels(folder.file);
  tamperWith(folder.file, sql);
  expect(rebuild(opened).differences).toEqual(differences);
  expect(dumpReadModels(folder.file)).toEqual(before);
  expect(rebuild(opened).differences).toEqual([]);
});

test('what is appended while it works is in it, and what comes after it goes on from the right state', async () => {
  using folder = new JournalFolder();
  using other = new JournalFolder();
  const [opened, untouched] = [await withTasks(folder), await withTasks(other)];
  tamperWith(folder.file, "UPDATE task_states SET state = json_set(state, '$.name', 'wrong')");
  let steps = 0;
  rebuild(opened, () => {
    steps += 1;
    void opened.journal.append([taskDraft('TaskAdopted', { task: 1 })], normal);
    opened.journal.flush();
  });
  for (const { journal } of [opened, untouched]) {
    const adopted = journal === opened.journal ? 0 : steps;
    for (let more = 0; more < adopted; more += 1) await journal.append([taskDraft('TaskAdopted', { task: 1 })], normal);
    await journal.append([taskDraft('TaskExited', { task: 3 }), taskDraft('TaskExited', { task: 1 })], normal);
  }
  const [put, kept] = [dumpReadModels(folder.file), dumpReadModels(other.file)];
  // Two clocks: the times in them differ, the rest does not.
  expect(steps).toBeGreaterThan(0);
  expect(opened.store.get(opened.store.live().tasks[0]?.id ?? (1 as never))).toEqual(
    untouched.store.get(untouched.store.live().tasks[0]?.id ?? (1 as never)),
  );
  expect(put['tasks']).toEqual(kept['tasks']);
});

test('a value is taken out of the store when it is done: until then its bytes would stay in the write-ahead log', async () => {
  using folder = new JournalFolder();
  const opened = await withTasks(folder);
  const { environments } = opened.journal;
  const environment = environments.encode([
    ['API_TOKEN', 'hunter2'],
    ['OTHER_TOKEN', 'hunter3'],
  ]);
  const data = { requestId: 'run-4', environmentHash: environment.hash };
  await opened.journal.append([taskDraft('TaskSubmitted', { task: 4, data })], { durability: 'full', environment });
  const redact = async (name: string): Promise<unknown> =>
    await environments.redact({
      hash: environment.hash,
      name,
      draft: (hashes) =>
        taskDraft('EnvironmentRedacted', { task: 4, data: { requestId: name, name, environments: hashes } }),
    });

  const steps = opened.rebuild({ differencesMax: 1 });
  steps.next();
  const first = redact('API_TOKEN');
  await setImmediate();
  expect(environments.read(environment.hash)?.[0]).toEqual(['API_TOKEN', 'hunter2']);
  for (const _ of steps);
  expect(await first).toEqual([environment.hash]);

  // One that begins when the value is removed already.
  const second = redact('OTHER_TOKEN');
  const others = opened.rebuild({ differencesMax: 1 });
  others.next();
  await setImmediate();
  for (const _ of others);
  expect(await second).toEqual([environment.hash]);
  expect(await redact('OTHER_TOKEN')).toEqual([]);
  expect(readFileSync(`${folder.file}-wal`)).toHaveLength(0);
});

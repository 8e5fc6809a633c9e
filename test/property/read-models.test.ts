import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { EventDraft, JournalEvent, Microseconds } from '../../src/journal/events.ts';
import { matchesFilter } from '../../src/projections/matches-filter.ts';
import { type TaskJournal, openTaskJournal } from '../../src/projections/open-task-journal.ts';
import { isLive } from '../../src/projections/task-row.ts';
import { endedStates } from '../../src/projections/task-store.ts';
import type { Task } from '../../src/projections/task.ts';
import { noon, taskId } from '../support/facts.ts';
import { randomFilter, randomLives } from '../support/random-lives.ts';
import { readEvents } from '../support/read-events.ts';
import { dumpReadModels, tamperWith } from '../support/read-model-dump.ts';
import { root } from '../support/source-files.ts';
import { type WholeTable, evolveTable, initialTable } from '../support/whole-table.ts';

/** What the clock does before each event, in milliseconds: mostly it goes on, sometimes it is set back. */
const clockSteps = fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat(3) }, fc.constant(-20)), { minLength: 1 });
const ids = Array.from({ length: 9 }, (_, index) => taskId(250 + index));
const now = (noon + 70_000_000) as Microseconds;

interface Scene {
  readonly path: string;
  readonly drafts: readonly EventDraft[];
  readonly batches: readonly number[];
  readonly clock: readonly number[];
}

async function open({ path, clock }: Pick<Scene, 'path' | 'clock'>): Promise<TaskJournal> {
  let at = noon as number;
  let looks = 0;
  return await openTaskJournal({
    path: join(path, 'tasks.db'),
    migrationsFolder: join(root, 'migrations'),
    ghostVersion: '0.1.0',
    now: () => (at += (clock[looks++ % clock.length] ?? 1) * 1000) as Microseconds,
    onDamage: (error) => {
      throw error;
    },
    fold: { snapshotAfter: () => 7 },
  });
}

/** The journal that the drafts become, committed in batches, and opened again in the middle. */
async function record({ drafts, batches, ...scene }: Scene): Promise<TaskJournal> {
  let opened = await open(scene);
  const left = [...drafts];
  for (let index = 0; left.length > 0; index += 1) {
    const batch = left.splice(0, batches[index % batches.length] ?? 1);
    await opened.journal.append(batch, { durability: 'normal' });
    if (index === 3) {
      opened.journal[Symbol.dispose]();
      opened = await open(scene);
    }
  }
  return opened;
}

function liveAt(past: TaskJournal['past'], seq: number): readonly Task[] {
  const steps = past.liveAt(seq);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function foldUntil(events: readonly JournalEvent[], seq: number): WholeTable {
  return events.filter((event) => event.seq <= seq).reduce(evolveTable, initialTable());
}

function inAFolder<T>(
  arbitrary: fc.Arbitrary<T>,
  check: (opened: TaskJournal, given: T, scene: Scene) => void | Promise<void>,
): fc.IAsyncProperty<[readonly EventDraft[], number[], number[], T]> {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
  return fc.asyncProperty(randomLives, sizes, clockSteps, arbitrary, async (drafts, batches, clock, given) => {
    const scene = { path: mkdtempSync(join(tmpdir(), 'models-')), drafts, batches, clock };
    const opened = await record(scene);
    try {
      await check(opened, given, scene);
    } finally {
      opened.journal[Symbol.dispose]();
      rmSync(scene.path, { recursive: true });
    }
  });
}

test('the history finds exactly the tasks that the filter is true of, the newest first, on each page', async () => {
  await fc.assert(
    inAFolder(
      fc.tuple(fc.array(randomFilter, { minLength: 8, maxLength: 8 }), fc.nat(12)),
      ({ journal, history }, [filters, page]) => {
        const { tasks } = foldUntil(readEvents(journal), journal.lastSeq);
        for (const filter of filters) {
          const before = 250 + page;
          const wanted = [...tasks.values()]
            .filter((task) => task.id < before && matchesFilter(task, filter, { now }))
            .map(({ id }) => id)
            .toSorted((one, other) => other - one);
          expect([...history.find(filter, { before, now })].flat(), JSON.stringify(filter)).toEqual(wanted);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('any moment is what the events until then fold to: the live tasks, each task, and those that ended last', async () => {
  await fc.assert(
    inAFolder(fc.array(fc.nat(90), { minLength: 6, maxLength: 6 }), ({ journal, past, store }, moments) => {
      const events = readEvents(journal);
      for (const moment of moments) {
        const seq = Math.min(moment, journal.lastSeq);
        const { tasks, ended } = foldUntil(events, seq);
        expect(liveAt(past, seq)).toEqual(
          [...tasks.values()].filter(isLive).toSorted((one, other) => one.id - other.id),
        );
        for (const id of ids) expect(past.get(id, { seq })).toEqual(tasks.get(id));
        expect([...store.ended({ states: endedStates, before: seq + 1, forgotten: true })]).toEqual(ended.toReversed());
        const event = events[seq - 1];
        if (event === undefined) continue;
        const last = events.findLast(({ at }) => at <= event.at);
        expect(past.lastSeqAt(event.at)).toBe(last?.seq);
        expect(past.lastSeqAt(event.at - 1)).toBe(events.findLast(({ at }) => at < event.at)?.seq ?? 0);
        for (const time of [event.at, event.at + 1]) {
          expect(past.firstSeqSince(time)).toBe(events.find(({ at }) => at >= time)?.seq ?? journal.lastSeq + 1);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('dropping every read model and folding again gives exactly the same, whatever the batches were', async () => {
  await fc.assert(
    inAFolder(fc.constant(null), async ({ journal }, _, scene) => {
      const file = join(scene.path, 'tasks.db');
      const kept = dumpReadModels(file);
      expect(kept['tasks']).toHaveLength(9);
      journal[Symbol.dispose]();
      tamperWith(file, "UPDATE read_models SET version = 0; UPDATE tasks SET state = 'lost'; DELETE FROM task_tags");
      expect(dumpReadModels(file)).not.toEqual(kept);
      const again = await open(scene);
      again.journal[Symbol.dispose]();
      expect(dumpReadModels(file)).toEqual(kept);
    }),
    { numRuns: 25 },
  );
});

test('what is counted over all tasks is what the tasks come to', async () => {
  await fc.assert(
    inAFolder(fc.constant(null), ({ journal, store }) => {
      const { tasks, byName } = foldUntil(readEvents(journal), journal.lastSeq);
      expect(store.counter('tasks')).toBe(tasks.size);
      const outputs = [...store.withOutput()];
      expect(store.counter('outputBytes')).toBe(outputs.reduce((sum, { bytes }) => sum + bytes, 0));
      expect(store.live().tasks).toEqual(
        [...tasks.values()].filter(isLive).toSorted((one, other) => one.id - other.id),
      );
      const shown = [...tasks.values()].filter(({ forgottenAt }) => forgottenAt === null);
      for (const name of [...byName.keys(), 'web']) {
        const newest = shown.filter((task) => task.name === name).toSorted((one, other) => other.id - one.id)[0];
        expect(store.newestNamed(name)).toEqual(newest);
      }
      for (const task of tasks.values()) {
        for (const length of [4, 7, 8, 20, 36]) {
          const found = store.withUuidPrefix(task.uuid.slice(0, length), { limit: 10 });
          expect(found).toContainEqual({ id: task.id, uuid: task.uuid });
        }
      }
    }),
    { numRuns: 40 },
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { EventDraft, JournalEvent, TaskId } from '../../src/journal/events.ts';
import { onceKey } from '../../src/journal/once-key.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import type { EventSource } from '../../src/projections/project.ts';
import { viewTask } from '../../src/projections/task-view.ts';
import { committed, daemonDraft, microseconds, noon, taskDraft, taskEventTypes } from '../support/facts.ts';
import { MemoryArchive } from '../support/memory-archive.ts';
import { type WholeTable, evolveTable, initialTable } from '../support/whole-table.ts';

const name = fc.option(fc.constantFrom('web', 'db', 'build'));

/** The life of one task, cut off anywhere, as ghost writes it. */
function life(task: number): fc.Arbitrary<readonly EventDraft[]> {
  const step = <T extends (typeof taskEventTypes)[number]>(type: T, data = {}) => taskDraft(type, { task, data });
  return fc
    .record({
      name,
      attempts: fc.integer({ min: 1, max: 3 }),
      ending: fc.integer({ min: 0, max: 3 }),
      cut: fc.nat(14),
      stops: fc.boolean(),
    })
    .map((chosen) => {
      const { attempts, ending } = chosen;
      const aborted = Array.from({ length: attempts - 1 }, (_, i) => [
        step('TaskSpawned', { attempt: i + 1 }),
        step('TaskSpawnAborted', { attempt: i + 1 }),
      ]).flat();
      const stop = chosen.stops
        ? [step('SignalRequested', { requestId: `stop-${task}` }), step('SignalSent', { requestId: `stop-${task}` })]
        : [];
      const whole = [
        step('TaskSubmitted', { name: chosen.name, requestId: `request-${task}`, uuid: `uuid-${task}` }),
        ...(ending === 3 ? [step('TaskStartFailed')] : []),
        ...aborted,
        step('TaskSpawned', { attempt: attempts }),
        step('TaskStarted', { attempt: attempts }),
        step('TaskOrphaned'),
        step('TaskAdopted'),
        ...stop,
        ending === 0 ? step('TaskLost') : step('TaskExited', { endedAt: microseconds(noon + task) }),
        step('LogClosed'),
      ];
      return ending === 3 ? whole.slice(0, 2) : whole.slice(0, 1 + chosen.cut);
    });
}

/** What a journal could hold: the lives of some tasks, interleaved, with daemons that come and go. */
const plausible = fc
  .tuple(...[1, 2, 3, 4].map(life))
  .chain((lives) => fc.tuple(fc.constant(lives), fc.array(fc.nat(4), { minLength: 60, maxLength: 60 })))
  .map(([lives, order]) => {
    const left = lives.map((events) => [...events]);
    const woven = order.flatMap((pick) => left[pick]?.splice(0, 1) ?? [daemonDraft('DaemonStarted')]);
    return [...woven, ...left.flat()];
  });

/** Anything at all, in any order, about tasks that may not be. */
const arbitrary = fc.array(
  fc
    .record({
      type: fc.constantFrom(...taskEventTypes),
      task: fc.integer({ min: 1, max: 4 }),
      attempt: fc.integer({ min: 0, max: 3 }),
      name,
    })
    .map(({ type, task, attempt, ...rest }) =>
      taskDraft(type, { task, data: { attempt, ...rest, requestId: `r${attempt}` } }),
    ),
  { maxLength: 60 },
);

const journals = fc.oneof(plausible, arbitrary).map((drafts) => committed(drafts));

class Batches implements EventSource {
  readonly #events: readonly JournalEvent[];
  readonly #listeners: (() => void)[] = [];
  committed = 0;

  constructor(events: readonly JournalEvent[]) {
    this.#events = events;
  }

  commit(count: number): void {
    this.committed = Math.min(this.committed + count, this.#events.length);
    for (const listener of this.#listeners) listener();
  }

  read({ after }: { after: number }): readonly JournalEvent[] {
    return this.#events.slice(after, Math.min(this.committed, after + 7));
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.push(listener);
    return () => undefined;
  }
}

test('a fold in one go equals a fold in any batches, part of it before anybody looked and part of it live', () => {
  fc.assert(
    fc.property(journals, fc.array(fc.integer({ min: 1, max: 9 })), fc.nat(60), (events, sizes, past) => {
      const source = new Batches(events);
      source.commit(past);
      using live = new LiveTable(source, new MemoryArchive(() => events.slice(0, source.committed)));
      for (const size of sizes) source.commit(size);
      const { seq, tasks, active, openLogs, owed } = events
        .slice(0, source.committed)
        .reduce(evolveTable, initialTable());
      const isLive = (id: TaskId): boolean => active.has(id) || openLogs.has(id) || owed.has(id);
      const kept = new Map([...tasks].filter(([id]) => isLive(id)));
      expect(live.current).toEqual({ seq, tasks: kept, active, openLogs, owed });
    }),
    { numRuns: 300 },
  );
});

test('events that are seen again change nothing, whatever they are', () => {
  fc.assert(
    fc.property(journals, fc.nat(60), (events, again) => {
      const once = events.reduce(evolveTable, initialTable());
      const twice = [...events.slice(0, again), ...events, ...events.slice(-again)].reduce(evolveTable, initialTable());
      expect(twice).toEqual(once);
    }),
    { numRuns: 300 },
  );
});

test('whatever the events, each task is active or ended and once, and can be shown', () => {
  fc.assert(
    fc.property(journals, (events) => {
      const table: WholeTable = events.reduce(evolveTable, initialTable());
      const ids = [...table.active, ...table.ended];
      expect({ count: ids.length, ids: new Set(ids) }).toEqual({
        count: table.tasks.size,
        ids: new Set(table.tasks.keys()),
      });
      let closedBytes = 0;
      for (const task of table.tasks.values()) {
        expect(table.active.has(task.id)).toBe(task.status.kind !== 'ended');
        expect(table.openLogs.has(task.id)).toBe(task.log.kind === 'open');
        if (task.log.kind === 'closed') closedBytes += task.log.stdoutBytes + task.log.stderrBytes;
        expect(viewTask(task).state === 'running').toBe(table.active.has(task.id));
        const newest = table.byName.get(task.name ?? '') ?? task.id;
        expect(table.tasks.get(newest)?.name).toBe(task.name);
      }
      expect(table.closedLogBytes).toBe(closedBytes);
    }),
    { numRuns: 300 },
  );
});

test('the lives that these properties are told of are such that the journal takes them', () => {
  fc.assert(
    fc.property(plausible, (drafts) => {
      const keys = drafts.map(onceKey).filter((key) => key !== null);
      expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});

import { EmptyError, take } from 'rxjs';
import { expect, test } from 'vitest';

import type { EventDraft, JournalEvent } from '../../src/journal/events.ts';
import { LiveTable } from '../../src/projections/live-table.ts';
import { type EventSource, events$ } from '../../src/projections/project.ts';
import { committed, taskDraft, taskId } from '../support/facts.ts';
import { MemoryArchive } from '../support/memory-archive.ts';

/** A journal without a database, whose commits and reads a test steers. */
class FakeSource implements EventSource {
  readonly #listeners = new Set<() => void>();
  #events: readonly JournalEvent[] = [];
  readonly batchMax: number;
  /** What happens while somebody reads, once. */
  onRead: (() => void) | null = null;

  constructor({ batchMax = 2 }: { readonly batchMax?: number } = {}) {
    this.batchMax = batchMax;
  }

  /** All tasks after all that is committed. */
  readonly archive = new MemoryArchive(() => this.#events);

  get listeners(): number {
    return this.#listeners.size;
  }

  commit(...drafts: readonly EventDraft[]): void {
    this.#events = [...this.#events, ...committed(drafts, { after: this.#events.length })];
    this.ring();
  }

  ring(): void {
    for (const listener of this.#listeners) listener();
  }

  read({ after }: { after: number }): readonly JournalEvent[] {
    const batch = this.#events.slice(after, after + this.batchMax);
    const { onRead } = this;
    this.onRead = null;
    onRead?.();
    return batch;
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

const adopted = taskDraft('TaskAdopted');
const id = taskId(1);

test('the past comes in batches and what is committed after it, each event once', () => {
  const source = new FakeSource();
  source.commit(adopted, adopted, adopted, adopted, adopted);
  const batches: (readonly number[])[] = [];
  const subscription = events$(source, { after: 1 }).subscribe((batch) => batches.push(batch.map(({ seq }) => seq)));
  expect(batches).toEqual([
    [2, 3],
    [4, 5],
  ]);
  source.commit(adopted);
  source.ring();
  source.commit(adopted, adopted, adopted);
  expect(batches).toEqual([[2, 3], [4, 5], [6], [7, 8], [9]]);
  subscription.unsubscribe();
  expect(source.listeners).toBe(0);
  source.commit(adopted);
  expect(batches).toHaveLength(5);
});

test('a commit in the middle of a read, and one by the subscriber himself, lose and double nothing', () => {
  const source = new FakeSource();
  source.commit(adopted);
  const seen: number[] = [];
  let depth = 0;
  let deepest = 0;
  source.onRead = () => source.commit(adopted);
  events$(source, { after: 0 }).subscribe((batch) => {
    depth += 1;
    deepest = Math.max(deepest, depth);
    seen.push(...batch.map(({ seq }) => seq));
    if (seen.length < 6) source.commit(adopted, adopted, adopted);
    if (seen.length < 9) source.onRead = () => source.commit(adopted);
    depth -= 1;
  });
  expect(seen.length).toBeGreaterThan(9);
  expect(seen).toEqual(seen.map((_, index) => index + 1));
  // It is served by the loop that runs already, so that the batches stay in order.
  expect(deepest).toBe(1);
});

test('a subscriber who leaves in the middle of the past gets nothing more', () => {
  const source = new FakeSource({ batchMax: 1 });
  source.commit(adopted, adopted, adopted);
  const seen: number[] = [];
  events$(source, { after: 0 })
    .pipe(take(2))
    .subscribe((batch) => seen.push(...batch.map(({ seq }) => seq)));
  source.commit(adopted);
  expect(seen).toEqual([1, 2]);
  expect(source.listeners).toBe(0);
});

test('the table has the whole past as soon as it is made, and each commit before the next line runs', () => {
  const source = new FakeSource();
  source.commit(taskDraft('TaskSubmitted'), taskDraft('TaskSpawned'), taskDraft('TaskStarted'));
  using table = new LiveTable(source, source.archive);
  expect(table.get(id)?.status.kind).toBe('running');
  source.commit(taskDraft('TaskExited'));
  expect(table.get(id)?.status.kind).toBe('ended');
  expect(table.current.seq).toBe(4);
});

test('a past that cannot be read gives no table', () => {
  const source = new FakeSource();
  source.commit(taskDraft('TaskSubmitted'), taskDraft('TaskSpawned'), taskDraft('TaskStarted'));
  source.onRead = () => {
    throw new Error('event 2 makes no sense');
  };
  expect(() => new LiveTable(source, source.archive)).toThrow('event 2 makes no sense');
});

test('until gives a task as soon as something is true of it, also where it is so already', async () => {
  const source = new FakeSource();
  using table = new LiveTable(source, source.archive);
  const running = table.until(id, ({ status }) => status.kind === 'running');
  source.commit(taskDraft('TaskSubmitted'));
  source.commit(taskDraft('TaskSpawned'));
  source.commit(taskDraft('TaskStarted'));
  source.commit(taskDraft('TaskExited'));
  expect((await running).status.kind).toBe('running');
  const ended = await table.until(id, ({ status }) => status.kind === 'ended', {
    signal: new AbortController().signal,
  });
  expect(ended).toEqual(table.get(id));
});

test('until ends with the reason of its signal, before or while it waits, and leaves nobody listening', async () => {
  const source = new FakeSource();
  using table = new LiveTable(source, source.archive);
  const abort = new AbortController();
  const waiting = table.until(id, () => true, { signal: abort.signal });
  abort.abort(new Error('no longer wanted'));
  await expect(waiting).rejects.toThrow('no longer wanted');
  await expect(table.until(id, () => true, { signal: abort.signal })).rejects.toThrow('no longer wanted');
  expect(source.listeners).toBe(1);
});

test('who waits when the table is disposed of is told', async () => {
  const source = new FakeSource();
  const table = new LiveTable(source, source.archive);
  const waits = [table.until(id, () => true), table.until(id, () => true, { signal: new AbortController().signal })];
  table[Symbol.dispose]();
  for (const wait of waits) await expect(wait).rejects.toBeInstanceOf(EmptyError);
});

test('task$ tells each change of one task and no other', () => {
  const source = new FakeSource({ batchMax: 10 });
  using table = new LiveTable(source, source.archive);
  const seen: string[] = [];
  table.task$(id).subscribe(({ status }) => seen.push(status.kind));
  source.commit(taskDraft('TaskSubmitted'));
  source.commit(taskDraft('TaskSubmitted', { task: 2 }), taskDraft('TaskSpawned', { task: 2 }));
  source.commit(taskDraft('TaskSpawned'));
  expect(seen).toEqual(['submitted', 'spawned']);
});

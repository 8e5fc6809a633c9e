import { afterEach, expect, test } from 'vitest';

import type { LogChunk, LogEnd } from '../../src/protocol/answers.ts';
import { knownFrom, viewOf } from '../../src/ui/known-tasks.ts';
import { floodBytes, LogReader, pageBytes } from '../../src/ui/log-reader.ts';
import { heldBytesMax } from '../../src/ui/log-window.ts';
import { initialScreen } from '../../src/ui/screen-state.ts';
import { ScreenStore } from '../../src/ui/screen-store.ts';
import { until } from '../support/until.ts';
import { saidBy } from './log-chunks.ts';
import { tasksNumbered } from './made-tasks.ts';
import { stubClient, stubContext } from './stub-context.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

/** A reader of a log that is given in pieces; `lives` are the pieces that come while it is followed, at the same time. */
function readerOf(pieces: readonly string[], lives: readonly string[] | null = null) {
  const store = new ScreenStore(initialScreen({ size: { columns: 100, rows: 24 }, nowMs: 0 }));
  const known = knownFrom(tasksNumbered(1));
  const [task] = known.tasks.values();
  if (task === undefined) throw new Error('there is a task');
  store.dispatch({ type: 'connected', known });
  const asked = { pages: 0, follows: 0, given: 0 };
  const wait = Promise.withResolvers<void>();
  const client = stubClient({
    async *log(
      _,
      { follow = false, cursor = { stdout: 0, stderr: 0 }, signal } = {},
    ): AsyncGenerator<LogChunk, LogEnd, void> {
      signal?.throwIfAborted();
      const isLater = follow && asked.follows > 0;
      if (follow) asked.follows += 1;
      else asked.pages += 1;
      let end = cursor;
      for (const chunk of saidBy(
        (follow ? (lives ?? []) : pieces).map((text) => ['stdout', text] as const),
        cursor,
      )) {
        if (isLater) break;
        asked.given += 1;
        end = chunk.cursor;
        yield chunk;
      }
      if (follow) await wait.promise;
      return { task: viewOf(task), cursor: end, reason: lives === null || follow ? 'complete' : 'running' };
    },
  });
  // A clock that stands: all comes within one moment.
  const context = stubContext(store, { client: () => client, world: { now: () => 0 } });
  const reader = new LogReader(context);
  undo.push(
    () => reader[Symbol.dispose](),
    () => wait.resolve(),
    () => store[Symbol.dispose](),
  );
  return { store, reader, asked };
}

test.for([
  ['ends with the chunk that fills it', 0, 2],
  ['goes on where a byte is left', -1, 3],
] as const)('a page of long lines %s', async ([, more, chunks]) => {
  const half = pageBytes / 2;
  const { store, reader, asked } = readerOf(['x'.repeat(half), 'x'.repeat(half + more), 'y', 'z']);
  reader.sync();
  await until('the log is shown', () => !store.state.log.busy && store.state.log.reason === 'complete');
  asked.given = 0;
  await reader.toStart();
  expect(asked.given).toBe(chunks);
  expect(store.state.log.window.end.stdout).toBe(pageBytes);
  expect(store.state.log.window.lines[0]?.bytes.length).toBe(heldBytesMax);
});

test.for([
  ['is read anew from its end', 0, 2],
  ['is taken in as it comes where a byte is left', -1, 1],
] as const)('a log that is written as fast as is read of it %s', async ([, more, pages]) => {
  const { store, reader, asked } = readerOf(['begin\n'], ['x'.repeat(floodBytes + more)]);
  store.dispatch({ type: 'log', change: { follow: true } });
  reader.sync();
  if (pages === 2) await until('the end is asked for again', () => asked.pages === 2 && asked.follows === 2);
  else await until('it is taken in', () => store.state.log.window.end.stdout === 6 + floodBytes + more);
  expect([asked.pages, asked.follows]).toEqual([pages, pages]);
});

test('a log that floods and is only counted is counted no further', async () => {
  const { store, reader, asked } = readerOf(['begin\n'.repeat(100)], ['x\n'.repeat(floodBytes / 2)]);
  reader.sync();
  await until('the end is asked for again', () => asked.follows === 2);
  expect(store.state.log.missed).toBeNull();
});

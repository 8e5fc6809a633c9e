import { afterEach, expect, test, vi } from 'vitest';

import { DaemonLink, knockMs, silenceMs } from '../../src/ui/daemon-link.ts';
import { initialScreen } from '../../src/ui/screen-state.ts';
import { ScreenStore } from '../../src/ui/screen-store.ts';
import { tasksNumbered } from './made-tasks.ts';
import { stubClient } from './stub-context.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a daemon that answers no knock is given up when its time is over, and not before', async () => {
  vi.useFakeTimers();
  const left = Promise.withResolvers<void>();
  const client = stubClient({
    table: () => Promise.resolve(tasksNumbered(1)),
    async *watch() {
      await left.promise;
      yield* [];
    },
    ping: () => left.promise,
    close: () => Promise.resolve(left.resolve()),
  });
  using store = new ScreenStore(initialScreen({ size: { columns: 100, rows: 24 }, nowMs: 0 }));
  await using link = new DaemonLink({ connect: () => Promise.resolve(client) }, store);
  await link.open();
  await vi.advanceTimersByTimeAsync(knockMs + silenceMs - 1);
  expect(store.state.connection).toEqual({ kind: 'open' });
  await vi.advanceTimersByTimeAsync(1);
  expect(store.state.connection).toMatchObject({ kind: 'lost', why: 'the daemon has not answered for 15 s' });
});

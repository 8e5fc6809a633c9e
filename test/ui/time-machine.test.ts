import { afterEach, expect, test, vi } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import { DaemonLink } from '../../src/ui/daemon-link.ts';
import { initialScreen } from '../../src/ui/screen-state.ts';
import { ScreenStore } from '../../src/ui/screen-store.ts';
import { TimeMachine, idleMsMax } from '../../src/ui/time-machine.ts';
import { microseconds } from '../support/facts.ts';
import { until } from '../support/until.ts';
import { startedEvents, tasksNumbered } from './made-tasks.ts';
import { stubClient, stubContext } from './stub-context.ts';

const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});

const newest = 100;
const lost = (): GhostError => new GhostError('connection-lost', 'the daemon is gone');

/** A daemon with a hundred events that answers for a moment of the past as soon as it is let. */
function machine() {
  const store = new ScreenStore(initialScreen({ size: { columns: 100, rows: 24 }, nowMs: 0 }));
  const daemon = {
    /** What it says to every question but the first table, or null: it answers. */
    refuses: null as Error | null,
    /** Answers that are held back. */
    held: null as (() => void)[] | null,
    asked: [] as (number | null)[],
    /** How many events after a moment it gives. */
    gives: 200,
    closed: 0,
  };
  const events: readonly JournalEvent[] = Array.from({ length: 34 }, (_, task) =>
    startedEvents(task + 1, { after: task * 3 }),
  )
    .flat()
    .slice(0, newest);
  const connect = async (): Promise<Client> => {
    let isClosed = false;
    return stubClient({
      table: async ({ at } = {}) => {
        if (at === undefined) return { ...tasksNumbered(1), seq: newest };
        daemon.asked.push(at.kind === 'event' ? at.seq : null);
        if (daemon.refuses !== null) throw daemon.refuses;
        if (daemon.held !== null) await new Promise<void>((resolve) => daemon.held?.push(resolve));
        return { ...tasksNumbered(1), seq: at.kind === 'event' ? at.seq : 1 };
      },
      async *audit({ after = 0 } = {}) {
        if (daemon.refuses !== null) throw daemon.refuses;
        yield* events.filter(({ seq }) => seq > after).slice(0, daemon.gives);
        return { seq: newest };
      },
      async *watch() {
        // Nothing comes as long as it is open.
        await until('the client is closed', () => isClosed);
        yield* [];
      },
      ping: () => Promise.resolve(),
      close: () => {
        isClosed = true;
        daemon.closed += 1;
        return Promise.resolve();
      },
    });
  };
  const link = new DaemonLink({ connect }, store);
  const context = stubContext(store, { client: () => link.client, noticed: (error) => link.noticed(error) });
  const time = new TimeMachine(context);
  undo.push(
    () => time[Symbol.dispose](),
    async () => await link[Symbol.asyncDispose](),
    () => store[Symbol.dispose](),
  );
  return { store, daemon, link, time, said: context.said };
}

test('a daemon that dies while the past is played ends the playing, and the connection can be made again', async () => {
  const { store, daemon, link, time } = machine();
  await link.open();
  await time.go({ kind: 'event', seq: 50 });
  daemon.refuses = lost();
  // What is held is used up, and there is more.
  const { past } = store.state;
  if (past === null) throw new Error('the past is shown');
  store.dispatch({ type: 'past', past: { ...past, events: past.events.filter(({ seq }) => seq <= 50) } });
  time.play();
  await until('the loss is shown', () => store.state.connection.kind === 'lost');
  expect(store.state.past).toMatchObject({ playing: false, busy: false });
  await until('the lost connection is closed', () => daemon.closed === 1);
  const asked = daemon.asked.length;
  store.dispatch({ type: 'connecting-again' });
  await link.open();
  expect(store.state.connection.kind).toBe('open');
  expect(daemon.closed).toBe(1);
  expect(daemon.asked).toHaveLength(asked);
});

test('what asks in vain while a connection is made does not end the making of it', async () => {
  const { store, link } = machine();
  const opened = link.open();
  expect(link.noticed(lost())).toBe(true);
  await opened;
  expect(store.state.connection.kind).toBe('open');
});

test('the past is played no further where an answer is refused, which is said once', async () => {
  const { store, daemon, link, time, said } = machine();
  await link.open();
  await time.go({ kind: 'event', seq: 50 });
  daemon.refuses = new GhostError('internal', 'it cannot be told');
  const { past } = store.state;
  if (past === null) throw new Error('the past is shown');
  store.dispatch({ type: 'past', past: { ...past, events: [] } });
  time.play();
  await until('it is said', () => said.length > 0);
  expect(store.state.past).toMatchObject({ playing: false, busy: false });
  expect(said).toEqual(['it cannot be told']);
});

test('steps that are faster than the answers go from where the last one led', async () => {
  const { store, daemon, link, time } = machine();
  await link.open();
  await time.go({ kind: 'event', seq: 90 });
  daemon.held = [];
  const steps = [time.back(), time.back(), time.forward(), time.back()];
  expect(daemon.asked).toEqual([90, 89, 88, 89, 88]);
  for (const answer of daemon.held) answer();
  await Promise.all(steps);
  expect(store.state.past?.known.seq).toBe(88);
});

test('steps forward before an answer lead to now where there is nothing after it', async () => {
  const { store, daemon, link, time } = machine();
  await link.open();
  await time.go({ kind: 'event', seq: 99 });
  daemon.held = [];
  const steps = [time.back(), time.forward(), time.forward(), time.forward()];
  expect(daemon.asked).toEqual([99, 98, 99, 100]);
  expect(store.state.past).toBeNull();
  for (const answer of daemon.held) answer();
  await Promise.all(steps);
  expect(store.state.past).toBeNull();
});

test('a pause of the past is played as long as it was, and no longer than so long', async () => {
  for (const [pauseMs, waitedMs] of [
    [idleMsMax - 1, idleMsMax - 1],
    [idleMsMax, idleMsMax],
    [idleMsMax + 1, idleMsMax],
    [86_400_000, idleMsMax],
  ] as const) {
    const { store, link, time } = machine();
    await link.open();
    await time.go({ kind: 'event', seq: 50 });
    const { past } = store.state;
    if (past === null) throw new Error('the past is shown');
    const events = past.events.map((event) =>
      event.seq > 50 ? { ...event, at: microseconds((past.atMs + pauseMs) * 1000) } : event,
    );
    store.dispatch({ type: 'past', past: { ...past, speed: 1, events } });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      time.play();
      vi.advanceTimersByTime(waitedMs - 1);
      expect(store.state.past?.known.seq).toBe(50);
      vi.advanceTimersByTime(1);
      expect(store.state.past?.known.seq).toBe(51);
    } finally {
      time[Symbol.dispose]();
      vi.useRealTimers();
    }
  }
});

import { expect, test } from 'vitest';

import { evolveKnown, knownFrom, noTasks } from '../../src/ui/known-tasks.ts';
import { screenLayout } from '../../src/ui/screen-layout.ts';
import { reduceScreen, type ScreenChange, toastsMax, windowTop } from '../../src/ui/screen-reducer.ts';
import { initialScreen, type ScreenState } from '../../src/ui/screen-state.ts';
import { readFilter } from '../../src/ui/table-filter.ts';
import { tableRows } from '../../src/ui/table-rows.ts';
import { endedEvents, startedEvents, tasksNumbered } from './made-tasks.ts';

const place = { nowMs: 0, cwd: '/', home: null, timeOf: () => null };

function screenWith(count: number, changes: readonly ScreenChange[] = []): ScreenState {
  const initial = initialScreen({ size: { columns: 100, rows: 30 }, nowMs: 0 });
  const connected: ScreenChange = { type: 'connected', known: knownFrom(tasksNumbered(count)) };
  return [connected, ...changes].reduce(reduceScreen, initial);
}

test('the newest task is first and selected', () => {
  const state = screenWith(3);
  expect(tableRows(state).map(({ id }) => id)).toEqual([3, 2, 1]);
  expect(state.selected).toBe(3);
});

test('the selected task stays selected while others come and go', () => {
  const before = screenWith(3, [{ type: 'selected', task: 2 }]);
  const after = reduceScreen(before, { type: 'committed', events: startedEvents(4, { after: before.present.seq }) });
  expect(tableRows(after).map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  expect(after.selected).toBe(2);
});

test('a task that was started here is selected as soon as it is known', () => {
  const waiting = screenWith(3, [{ type: 'expected', task: 4 }]);
  expect(waiting.selected).toBe(3);
  const known = reduceScreen(waiting, { type: 'committed', events: startedEvents(4, { after: waiting.present.seq }) });
  expect([known.selected, known.expected]).toEqual([4, null]);
  const moved = reduceScreen(waiting, { type: 'moved', by: 1 });
  const later = reduceScreen(moved, { type: 'committed', events: startedEvents(4, { after: moved.present.seq }) });
  expect(later.selected).toBe(2);
});

test('after a look at the past the task of before is selected again, unless another one was chosen there', () => {
  const then = knownFrom(tasksNumbered(1));
  const past = { known: then, atMs: 0, events: [], playing: false, speed: 10, busy: false };
  const away = screenWith(3, [{ type: 'past', past }]);
  expect(away.selected).toBe(1);
  expect(reduceScreen(away, { type: 'past', past: null }).selected).toBe(3);
  const chosen = reduceScreen(away, { type: 'selected', task: 1 });
  expect(reduceScreen(chosen, { type: 'past', past: null }).selected).toBe(1);
});

test('what the filter hides gives its place to the one that comes there', () => {
  const state = screenWith(5, [
    { type: 'selected', task: 3 },
    { type: 'filtered', filter: readFilter('state:exited', place) },
  ]);
  expect(tableRows(state).map(({ id }) => id)).toEqual([4, 2]);
  expect([4, 2]).toContain(state.selected);
  expect(reduceScreen(state, { type: 'filtered', filter: readFilter('', place) }).selected).toBe(state.selected);
});

test('the screen folds the same events as everything else', () => {
  const all = [...startedEvents(1, { after: 0 }), ...endedEvents(1, { after: 3, code: 3 })];
  const whole = evolveKnown(noTasks, all);
  const inParts = all.reduce((known, event) => evolveKnown(known, [event]), noTasks);
  expect(inParts).toEqual(whole);
  expect(evolveKnown(whole, all)).toEqual(whole);
  expect([...whole.tasks.values()].map(({ status }) => status.kind)).toEqual(['ended']);
});

test('the window of the table moves no more than the selection needs', () => {
  expect(windowTop({ top: 0, selected: 5, height: 3, total: 10 })).toBe(3);
  expect(windowTop({ top: 3, selected: 4, height: 3, total: 10 })).toBe(3);
  expect(windowTop({ top: 5, selected: 2, height: 3, total: 10 })).toBe(2);
  expect(windowTop({ top: 9, selected: 9, height: 3, total: 10 })).toBe(7);
});

test('a smaller terminal keeps the selected task in sight', () => {
  const state = screenWith(100, [{ type: 'selected', task: 70 }]);
  const small = reduceScreen(state, { type: 'resized', size: { columns: 60, rows: 15 } });
  const seen = tableRows(small).slice(small.top, small.top + screenLayout(small).table);
  expect(seen.map(({ id }) => id)).toContain(70);
});

test.for([
  [60, 15],
  [100, 30],
  [250, 80],
  [40, 10],
] as const)('at %dx%d the parts fill the screen and no more', ([columns, rows]) => {
  for (const open of [true, false]) {
    const state = screenWith(50, [
      { type: 'resized', size: { columns, rows } },
      { type: 'log', change: { open } },
    ]);
    const { table, log, ruler, tableLine } = screenLayout(state);
    const frames = 2 + 3 + (tableLine ? 1 : 0) + (open ? 2 : 0);
    expect(table + log + ruler + frames).toBe(rows);
    expect(table).toBeGreaterThan(0);
    expect(log > 0).toBe(open);
  }
});

test('a lost connection closes what asks, and a new one opens the screen again', () => {
  const dialog = { kind: 'confirm', question: ['?'], intent: { kind: 'shutdown' } } as const;
  const lost = screenWith(1, [
    { type: 'dialog', dialog },
    { type: 'lost', why: 'gone' },
  ]);
  expect([lost.connection.kind, lost.dialog]).toEqual(['lost', null]);
  const again = reduceScreen(lost, { type: 'connected', known: knownFrom(tasksNumbered(2)) });
  expect([again.connection.kind, again.selected]).toEqual(['open', 1]);
});

test('no more than so many messages are shown, the newest', () => {
  const toasts = Array.from({ length: toastsMax + 1 }, (_, id) => ({
    type: 'toasted' as const,
    toast: { id, text: `${id}`, tone: 'good' as const },
  }));
  expect(screenWith(0, toasts).toasts.map(({ id }) => id)).toEqual([1, 2, 3]);
});

import { expect, test } from 'vitest';

import { knownFrom } from '../../src/ui/known-tasks.ts';
import { leastTasks, roomyRows, screenLayout, tableMax } from '../../src/ui/screen-layout.ts';
import { initialScreen } from '../../src/ui/screen-state.ts';
import { tasksNumbered } from './made-tasks.ts';

interface Shown {
  readonly tasks: number;
  readonly rows: number;
  readonly open?: boolean;
  readonly isPast?: boolean;
}

function layout({ tasks, rows, open = true, isPast = false }: Shown) {
  const initial = initialScreen({ size: { columns: 100, rows }, nowMs: 0 });
  const present = knownFrom(tasksNumbered(tasks));
  const past = { known: present, atMs: 0, events: [], playing: false, speed: 1, busy: false };
  return screenLayout({ ...initial, log: { ...initial.log, open }, present, past: isPast ? past : null });
}

test('beside an open log the table has so many rows at the most, and at least so many', () => {
  const { table, log } = layout({ tasks: tableMax, rows: 200 });
  expect(table).toBe(tableMax);
  expect(layout({ tasks: tableMax + 1, rows: 200 })).toMatchObject({ table, log });
  expect(layout({ tasks: tableMax - 1, rows: 200 })).toMatchObject({ table: tableMax - 1, log: log + 1 });
  expect(layout({ tasks: 1, rows: 40 }).table).toBe(leastTasks);
  expect(layout({ tasks: leastTasks + 1, rows: 40 }).table).toBe(leastTasks + 1);
});

test('there is a line under the titles, and a ruler with all its lines, from so many rows on', () => {
  expect([layout({ tasks: 3, rows: roomyRows - 1 }), layout({ tasks: 3, rows: roomyRows })]).toMatchObject([
    { tableLine: false },
    { tableLine: true },
  ]);
  const rulers = [roomyRows - 1, roomyRows].map((rows) => layout({ tasks: 3, rows, isPast: true }).ruler);
  expect(rulers).toEqual([2, 5]);
  // A row more goes into that line.
  const [less, more] = [roomyRows - 1, roomyRows].map((rows) => layout({ tasks: 100, rows, open: false }).table);
  expect(more).toBe(less);
});

import { microsecondsAt } from '../microseconds.ts';
import { matchesFilter } from '../projections/matches-filter.ts';
import type { TaskFilter } from '../projections/task-filter.ts';
import type { TaskView } from '../projections/task-view.ts';
import { type KnownTasks, taskNumbered, viewOf } from './known-tasks.ts';
import type { ScreenState } from './screen-state.ts';

/** The state as far as the rows of the table depend on it. */
type RowsOf = Pick<ScreenState, 'present' | 'past' | 'guests' | 'filter' | 'nowMs'>;

/** The tasks of the table, the newest first: those that are not hidden and that the filter fits. */
export function tableRows({ present, past, guests, filter, nowMs }: RowsOf): readonly TaskView[] {
  const known = past?.known ?? present;
  const atMs = past?.atMs ?? nowMs;
  const { terms } = filter;
  // Only these change with the clock alone.
  const dependsOnTime = terms?.terms.some(({ field }) => field === 'longer' || field === 'shorter') === true;
  const key: RowsKey = { known, guests: past === null ? guests : noGuests, terms, second: dependsOnTime ? atMs : 0 };
  const found = remembered.find((one) => isSameKey(one.key, key));
  if (found !== undefined) return found.rows;
  const now = microsecondsAt(atMs);
  const rows: TaskView[] = [];
  for (const task of known.tasks.values()) {
    const fits = terms === null ? task.forgottenAt === null : matchesFilter(task, terms, { now });
    if (fits) rows.push(viewOf(task));
  }
  for (const guest of key.guests.values()) {
    if (taskNumbered(known, guest.id) === undefined) rows.push(guest);
  }
  rows.sort((one, other) => other.id - one.id);
  remembered = [{ key, rows }, ...remembered].slice(0, rememberedMax);
  return rows;
}

interface RowsKey {
  readonly known: KnownTasks;
  readonly guests: ReadonlyMap<number, TaskView>;
  readonly terms: TaskFilter | null;
  readonly second: number;
}

const noGuests: ReadonlyMap<number, TaskView> = new Map();

/** For one state the rows are asked for many times, with its filter and without, now and for the state before. */
const rememberedMax = 4;
let remembered: readonly { readonly key: RowsKey; readonly rows: readonly TaskView[] }[] = [];

function isSameKey(one: RowsKey, other: RowsKey): boolean {
  return (
    one.known === other.known && one.guests === other.guests && one.terms === other.terms && one.second === other.second
  );
}

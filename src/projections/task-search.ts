import type { Database, Statement } from '../journal/database.ts';
import type { Microseconds, TaskId } from '../journal/events.ts';
import { type CandidateSource, candidateSources, filterSql, timeBounds } from './filter-sql.ts';
import type { TaskFilter } from './task-filter.ts';

/** So many rows are looked at in one step: a millisecond or two. */
const stepRows = 1_000;
/** The first step is short, and each twice the one before: mostly a page of the newest is all that is wanted. */
const firstStepRows = 64;

interface Head {
  readonly source: CandidateSource;
  readonly statement: Statement<(string | number)[], [id: number, fits: number]>;
  /** How many rows its next step looks at. */
  rows: number;
  /** Candidates below this number are not looked at yet. */
  before: number;
  /** Those that fit and are not given yet. */
  found: TaskId[];
}

/**
 * The numbers of the tasks that a filter fits, the newest first, in steps: each is a bounded piece of work and gives what
 * it found, often nothing. Between two of them somebody else's turn may come.
 */
export function* searchTasks(
  database: Database,
  filter: TaskFilter,
  { before, now, searchTo }: { before: number; now: Microseconds; searchTo: number },
): Generator<readonly TaskId[], void, void> {
  const bounds = timeBounds(database, filter);
  const fits = filterSql(filter, { now });
  const newest = database.prepare<[], [number | null]>('SELECT max(id) FROM tasks').raw().get()?.[0] ?? 0;
  const start = Math.min(before, bounds.before, newest + 1);
  const heads = candidateSources(database, filter, { searchTo }).map((source): Head => {
    const statement = database
      .prepare<(string | number)[], [number, number]>(
        `SELECT ${source.id}, ${fits.sql} FROM ${source.from} WHERE ${source.where.sql}
         AND ${source.id} < ? AND ${source.id} >= ? ORDER BY ${source.id} DESC LIMIT ?`,
      )
      .raw();
    return { source, statement, rows: firstStepRows, before: start, found: [] };
  });
  for (;;) {
    // The one that is behind the others: what the others have found below it must wait.
    const head = heads.reduce<Head | null>(
      (behind, other) => (behind === null || other.before > behind.before ? other : behind),
      null,
    );
    if (head === null || head.before <= bounds.from) {
      yield release(heads, bounds.from);
      return;
    }
    const { source, statement, rows: most } = head;
    const from = source.span === null ? bounds.from : Math.max(bounds.from, head.before - source.span);
    const rows = statement.all(...fits.values, ...source.where.values, head.before, from, most);
    head.rows = Math.min(stepRows, most * 2);
    head.before = rows.length < most ? from : (rows.at(-1)?.[0] ?? from);
    for (const [id, fit] of rows) if (fit === 1) head.found.push(id as TaskId);
    yield release(heads, Math.max(...heads.map((each) => each.before)));
  }
}

/** What was found from a number on, where no source can give another one any more. */
function release(heads: readonly Head[], from: number): readonly TaskId[] {
  const released = new Set<TaskId>();
  for (const head of heads) {
    const kept = head.found.findIndex((id) => id < from);
    const ready = head.found.splice(0, kept < 0 ? head.found.length : kept);
    for (const id of ready) released.add(id);
  }
  return [...released].toSorted((one, other) => other - one);
}

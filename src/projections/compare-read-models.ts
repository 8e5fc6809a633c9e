import type { Database } from '../journal/database.ts';
import { type ReadModelTable, readModelTables } from './read-model-fold.ts';

/** What differs, in a sentence. */
export type Difference = string;

type Value = string | number | null;
type Row = readonly Value[];

interface Comparison {
  readonly table: string;
  /** The columns that a row is found by come first, in their order. */
  readonly columns: readonly string[];
  readonly keys: number;
  /** Whether it is found by one number, and may be very large. */
  readonly isNumbered: boolean;
  /** What is said of a row that is on one side only, or that differs in some columns. */
  readonly tell: (row: Row, what: { readonly missing: 'kept' | 'anew' } | { readonly other: Row }) => Difference;
}

/** So many rows are compared in one step, one by one or as one. */
const rowsAtOnce = 200;
const rowsAsOne = 1_000;

/** Numbers from the first on, and below the other. */
type Range = readonly [from: number, before: number];
const everything: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/**
 * Compares the read models of two databases. In steps: each gives a difference, or null where it found none. Of those that
 * are large, SQLite says which stretches are the same, in a tenth of the time; the others are gone through row by row.
 * @param kept has `anew` attached under that name.
 */
export function* compareReadModels({
  kept,
  anew,
}: {
  kept: Database;
  anew: Database;
}): Generator<Difference | null, void, void> {
  for (const table of readModelTables) {
    const comparison = comparisonOf(table, kept);
    const ranges = comparison.isNumbered ? yield* differentRanges(comparison, kept) : [everything];
    for (const range of ranges) yield* compareTable(comparison, { kept, anew, range });
  }
  yield* compareTexts({ kept, anew });
}

interface TableWords {
  readonly nameOf: (row: Row) => string;
  readonly keys?: number;
  readonly isNumbered?: boolean;
  readonly differs?: typeof differsIn;
}

const tables: Readonly<Record<ReadModelTable, TableWords>> = {
  tasks: { nameOf: ([id]) => `task ${id}: its row`, isNumbered: true },
  task_states: { nameOf: ([id]) => `task ${id}: its state`, isNumbered: true, differs: differsInState },
  task_tags: { nameOf: ([tag, task]) => `task ${task}: the tag ${JSON.stringify(tag)}`, keys: 2 },
  snapshots: { nameOf: ([seq]) => `the snapshot after event ${seq}`, isNumbered: true },
  clock_steps: { nameOf: ([seq]) => `the note that the clock was set back at event ${seq}`, isNumbered: true },
  counters: { nameOf: ([name]) => `the counter ${name}` },
  read_models: { nameOf: ([name]) => `the note of how far the read model "${name}" is` },
};

function comparisonOf(table: ReadModelTable, database: Database): Comparison {
  const { nameOf, keys = 1, isNumbered = false, differs = differsIn } = tables[table];
  const columns = database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);
  return {
    table,
    columns,
    keys,
    isNumbered,
    tell: (row, what) => {
      if ('other' in what) return `${nameOf(row)} differs${differs(columns, row, what.other)}`;
      return what.missing === 'kept'
        ? `${nameOf(row)} is told of by the events, and is not kept`
        : `${nameOf(row)} is kept, and no event tells of it`;
    },
  };
}

function differsIn(columns: readonly string[], row: Row, other: Row): string {
  const names = columns.filter((_, index) => row[index] !== other[index]);
  return ` in ${names.join(', ')}`;
}

function differsInState(_: readonly string[], [, kept]: Row, [, anew]: Row): string {
  const [one, other] = [parse(kept), parse(anew)];
  if (one === null || other === null) return ', and cannot be read';
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  );
  return names.length === 0 ? ' in how it is written' : ` in ${names.join(', ')}`;
}

function parse(text: Value | undefined): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    // Somebody wrote something else there: that is what is told.
    return null;
  }
}

/** The stretches in which something is on one side only, or differs. */
function* differentRanges({ table, columns }: Comparison, kept: Database): Generator<null, readonly Range[], void> {
  const [key = '', ...others] = columns;
  const rows = (schema: string): string =>
    `(SELECT * FROM ${schema}.${table} WHERE ${key} >= :from AND ${key} < :before)`;
  const same = others.map((column) => ` AND one.${column} IS other.${column}`).join('');
  const isSame = kept
    .prepare<{ from: number; before: number }, number>(
      `SELECT (SELECT count(*) FROM ${rows('main')}) = (SELECT count(*) FROM ${rows('anew')})
         AND (SELECT count(*) FROM ${rows('main')}) =
           (SELECT count(*) FROM ${rows('main')} one JOIN anew.${table} other ON other.${key} = one.${key}${same})`,
    )
    .pluck();
  const next = kept
    .prepare<{ after: number }, number | null>(
      `SELECT min(coalesce((SELECT min(${key}) FROM main.${table} WHERE ${key} >= :after), 9e18),
                  coalesce((SELECT min(${key}) FROM anew.${table} WHERE ${key} >= :after), 9e18))`,
    )
    .pluck();
  const ranges: Range[] = [];
  for (let from = Number.MIN_SAFE_INTEGER; ;) {
    from = next.get({ after: from }) ?? Number.POSITIVE_INFINITY;
    if (from > Number.MAX_SAFE_INTEGER) return ranges;
    const before = from + rowsAsOne;
    if (isSame.get({ from, before }) !== 1) ranges.push([from, before]);
    yield null;
    from = before;
  }
}

function* compareTable(
  { table, columns, keys, tell }: Comparison,
  { kept, anew, range: [from, before] }: { kept: Database; anew: Database; range: Range },
): Generator<Difference | null, void, void> {
  const [key = ''] = columns;
  const within = Number.isFinite(from) ? ` WHERE ${key} >= ${from} AND ${key} < ${before}` : '';
  const sql = `SELECT ${columns.join(', ')} FROM main.${table}${within} ORDER BY ${columns.slice(0, keys).join(', ')}`;
  const rows = (database: Database): IterableIterator<Row> => database.prepare<[], Row>(sql).raw().iterate();
  const [left, right] = [rows(kept), rows(anew)];
  try {
    let [one, other] = [left.next(), right.next()];
    for (let compared = 1; one.done !== true || other.done !== true; compared += 1) {
      const order =
        one.done === true ? 1 : other.done === true ? -1 : compareKeys(one.value.slice(0, keys), other.value);
      if (order < 0 && one.done !== true) yield tell(one.value, { missing: 'anew' });
      else if (order > 0 && other.done !== true) yield tell(other.value, { missing: 'kept' });
      else if (one.done !== true && other.done !== true) {
        const { value } = other;
        if (one.value.some((cell, index) => cell !== value[index])) yield tell(one.value, { other: value });
      }
      if (order <= 0) one = left.next();
      if (order >= 0) other = right.next();
      if (compared % rowsAtOnce === 0) yield null;
    }
  } finally {
    left.return?.();
    right.return?.();
  }
}

/** In the order in which SQLite has them: numbers by value, text by its bytes. */
function compareKeys(one: Row, other: Row): number {
  for (const [index, value] of one.entries()) {
    const order = compareValues(value, other[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(one: Value, other: Value): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
}

/** The index of texts has no rows to be compared: how many tasks have which run of characters is as good. */
function* compareTexts({ kept, anew }: { kept: Database; anew: Database }): Generator<Difference | null, void, void> {
  const terms = (database: Database): IterableIterator<Row> => {
    database.exec("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'task_search', 'row')");
    return database.prepare<[], Row>('SELECT term, doc FROM temp.terms').raw().iterate();
  };
  const [left, right] = [terms(kept), terms(anew)];
  try {
    for (let compared = 1; ; compared += 1) {
      const [one, other] = [left.next(), right.next()];
      if (one.done === true && other.done === true) return;
      if (one.done === true || other.done === true || one.value.some((cell, index) => cell !== other.value[index])) {
        yield 'the index of texts differs';
        return;
      }
      if (compared % rowsAtOnce === 0) yield null;
    }
  } finally {
    left.return?.();
    right.return?.();
  }
}

import type { Database } from '../journal/database.ts';
import type { Microseconds } from '../journal/events.ts';
import { microsecondsOf } from '../microseconds.ts';
import { endings, folderPrefix, groupTerms } from './matches-filter.ts';
import { searchNeedle, trigramMatch } from './search-text.ts';
import type { FilterTerm, TaskFilter } from './task-filter.ts';

/** A piece of SQL and what is put in for its question marks. */
interface SqlPart {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** From where the candidates of a search come: all of them in one index, in the order of their numbers. */
export interface CandidateSource {
  /** A FROM clause in which `t` is `tasks`. */
  readonly from: string;
  /** What the number is called in it. */
  readonly id: string;
  readonly where: SqlPart;
  /** So many numbers at once at the most, where not every number that is looked at gives a row; else null. */
  readonly span: number | null;
}

/** From so many folders below the one that is asked for, a search looks at every task instead. */
export const foldersMax = 32;
/** A search for text through its index looks at so many tasks at once. */
const searchSpan = 50_000;

const allTasks: CandidateSource = {
  from: 'tasks t NOT INDEXED',
  id: 't.id',
  where: { sql: '1', values: [] },
  span: null,
};

/** Whether a row of `tasks t` is one that a filter asks for: the same as `matchesFilter`. */
export function filterSql(filter: TaskFilter, { now }: { now: Microseconds }): SqlPart {
  const groups = groupTerms(filter.terms).map((group): SqlPart => {
    const parts = group.map((term) => {
      const { sql, values } = termSql(term, { now });
      if (!term.not) return { sql: `(${sql})`, values };
      const ended = endings.includes(term.field) ? " AND t.state <> 'running'" : '';
      return { sql: `((${sql}) IS NOT TRUE${ended})`, values };
    });
    return { sql: `(${parts.map(({ sql }) => sql).join(' OR ')})`, values: parts.flatMap(({ values }) => values) };
  });
  return {
    sql: [filter.forgotten ? '1' : 't.forgotten = 0', ...groups.map(({ sql }) => sql)].join(' AND '),
    values: groups.flatMap(({ values }) => values),
  };
}

function termSql(term: FilterTerm, { now }: { now: Microseconds }): SqlPart {
  // Of one that runs, so far: rounded to milliseconds, and never less than nothing.
  const duration =
    "CASE WHEN t.state = 'running' THEN max(0, round((? - t.started_at) / 1000.0)) ELSE t.duration_ms END";
  switch (term.field) {
    case 'text':
      return { sql: 'instr(t.text, ?) > 0', values: [searchNeedle(term.text)] };
    case 'state':
      return { sql: 't.state = ?', values: [term.state] };
    case 'exit':
      return { sql: 't.exit_code = ?', values: [term.code] };
    case 'signal':
      return { sql: 't.signal = ?', values: [term.signal] };
    case 'name':
      return { sql: 't.name = ?', values: [term.name] };
    case 'tag':
      return { sql: 'EXISTS (SELECT 1 FROM task_tags WHERE tag = ? AND task = t.id)', values: [term.tag] };
    case 'cwd': {
      const prefix = folderPrefix(term.folder);
      return { sql: "t.cwd || '/' = ? OR substr(t.cwd, 1, length(?)) = ?", values: [prefix, prefix, prefix] };
    }
    case 'since':
      return { sql: 't.submitted_at >= ?', values: [microsecondsOf(term.time)] };
    case 'until':
      return { sql: 't.submitted_at < ?', values: [microsecondsOf(term.time)] };
    case 'longer':
      return { sql: `${duration} >= ?`, values: [now, term.durationMs] };
    case 'shorter':
      return { sql: `${duration} <= ?`, values: [now, term.durationMs] };
  }
}

/**
 * The sources that together have every task that a filter fits, and as few others as is easily told: those of the term
 * that mostly fits the fewest.
 */
export function candidateSources(
  database: Database,
  { terms }: TaskFilter,
  { searchTo }: { searchTo: number },
): readonly CandidateSource[] {
  const wanted = terms.filter(({ not }) => !not);
  const pick = <F extends FilterTerm['field']>(field: F): readonly Extract<FilterTerm, { field: F }>[] =>
    wanted.filter((term): term is Extract<FilterTerm, { field: F }> => term.field === field);
  const names = pick('name');
  if (names.length > 0) return names.map(({ name }) => byIndex('name', { sql: 't.name = ?', values: [name] }));
  const [tag] = pick('tag');
  if (tag !== undefined) {
    const where = { sql: 'g.tag = ?', values: [tag.tag] };
    return [{ from: 'task_tags g CROSS JOIN tasks t ON t.id = g.task', id: 'g.task', where, span: null }];
  }
  const signals = pick('signal');
  if (signals.length > 0) {
    return signals.map(({ signal }) => byIndex('signal', { sql: 't.signal = ?', values: [signal] }));
  }
  const exits = pick('exit');
  if (exits.length > 0 && exits.every(({ code }) => code !== 0)) {
    return exits.map(({ code }) => byIndex('exit', { sql: `t.exit_code = ${code} AND t.exit_code <> 0`, values: [] }));
  }
  const texts = pick('text').map(({ text }) => searchNeedle(text));
  const longest = texts.toSorted((one, other) => other.length - one.length)[0];
  const match = longest === undefined ? null : trigramMatch(longest);
  if (match !== null) return [unindexed(searchTo), byText(match)];
  const states = pick('state');
  if (states.length > 0 && states.every(({ state }) => state !== 'exited')) {
    return states.map(({ state }) =>
      byIndex('state', { sql: `t.state = '${state}' AND t.state <> 'exited'`, values: [] }),
    );
  }
  const cwds = pick('cwd');
  const folders =
    cwds.length === 0
      ? null
      : foldersBelow(
          database,
          cwds.map(({ folder }) => folder),
        );
  if (folders !== null) return folders.map((folder) => byIndex('cwd', { sql: 't.cwd = ?', values: [folder] }));
  return [allTasks];
}

/** The numbers between which the tasks of a filter's times lie. */
export function timeBounds(
  database: Database,
  { terms }: TaskFilter,
): { readonly from: number; readonly before: number } {
  let from = 0;
  let before = Number.MAX_SAFE_INTEGER;
  const number = (sql: string, values: readonly number[]): number | null =>
    database
      .prepare<number[], [number | null]>(sql)
      .raw()
      .get(...values)?.[0] ?? null;
  for (const term of terms) {
    if (term.field !== 'since' && term.field !== 'until') continue;
    const at = microsecondsOf(term.time);
    const isLower = (term.field === 'since') !== term.not;
    if (isLower) {
      const first = number('SELECT id FROM tasks WHERE submitted_high >= ? ORDER BY submitted_high, id LIMIT 1', [at]);
      from = Math.max(from, first ?? Number.MAX_SAFE_INTEGER);
    } else {
      const last = number(
        'SELECT id FROM tasks WHERE submitted_high < ? ORDER BY submitted_high DESC, id DESC LIMIT 1',
        [at],
      );
      const early = number(
        `SELECT max(id) FROM tasks INDEXED BY tasks_early
         WHERE submitted_at < submitted_high AND id > ? AND submitted_at < ?`,
        [last ?? 0, at],
      );
      before = Math.min(before, Math.max(last ?? 0, early ?? 0) + 1);
    }
  }
  return { from, before };
}

function byIndex(column: 'name' | 'signal' | 'exit' | 'state' | 'cwd', where: SqlPart): CandidateSource {
  return { from: `tasks t INDEXED BY tasks_${column}`, id: 't.id', where, span: null };
}

function byText(match: string): CandidateSource {
  return {
    from: 'task_search CROSS JOIN tasks t ON t.id = task_search.rowid',
    id: 'task_search.rowid',
    where: { sql: 'task_search MATCH ?', values: [match] },
    span: searchSpan,
  };
}

function unindexed(searchTo: number): CandidateSource {
  return { ...allTasks, where: { sql: `t.id > ${searchTo}`, values: [] } };
}

/** The folders at and below some that tasks were started in, or null where they are many. */
function foldersBelow(database: Database, roots: readonly string[]): readonly string[] | null {
  const next = database
    .prepare<[string, string], [string]>('SELECT cwd FROM tasks WHERE cwd > ? AND cwd < ? ORDER BY cwd LIMIT 1')
    .raw();
  const folders = new Set<string>();
  for (const root of roots) {
    const prefix = folderPrefix(root);
    folders.add(prefix === '/' ? '/' : prefix.slice(0, -1));
    for (let last = prefix; ;) {
      const [folder] = next.get(last, `${prefix}\u{10ffff}`) ?? [];
      if (folder === undefined) break;
      folders.add(folder);
      if (folders.size > foldersMax) return null;
      last = folder;
    }
  }
  return [...folders];
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';

import Database from 'better-sqlite3';

/**
 * A journal read by its documentation (docs/journal.md) alone: nothing here is shared with ghost but SQLite, so that what
 * ghost writes is held against something that cannot have the same mistake.
 */

type Data = Readonly<Record<string, unknown>>;

export interface PlainEvent {
  readonly seq: number;
  readonly at: number;
  readonly type: string;
  readonly task: number | null;
  readonly data: Data;
  readonly hash: string;
}

/** What the events say of a task, in the words of the table `tasks`. */
interface PlainTask {
  readonly id: number;
  uuid: string;
  name: string | null;
  command: string;
  cwd: string;
  state: string;
  exit_code: number | null;
  signal: string | null;
  submitted_at: number;
  started_at: number | null;
  ended_at: number | null;
  duration_ms: number | null;
  submitted_seq: number;
  ended_seq: number | null;
  forgotten: number;
  tags: string;
}

type Row = readonly [
  seq: number,
  at: number,
  type: string,
  task: number | null,
  v: number,
  actor: string,
  data: string,
  hash: string,
];

interface PlainJournal {
  readonly events: readonly PlainEvent[];
  /** The tasks as the events alone give them. */
  readonly tasks: readonly PlainTask[];
  /** What is wrong as far as the file can tell, a sentence each. */
  readonly complaints: readonly string[];
}

/** Reads the journal of a data folder as it is at one moment, whatever is appended meanwhile. */
export function readPlainJournal(home: string): PlainJournal {
  const database = new Database(join(home, 'tasks.db'), { readonly: true });
  try {
    database.exec('BEGIN');
    const rows = database
      .prepare<[], Row>('SELECT seq, at, type, task, v, actor, data, hash FROM events ORDER BY seq')
      .raw()
      .all();
    const events = rows.map(([seq, at, type, task, , , data, hash]): PlainEvent => ({
      seq,
      at,
      type,
      task,
      hash,
      data: JSON.parse(data) as Data,
    }));
    const tasks = foldPlainly(events);
    return {
      events,
      tasks,
      complaints: [
        ...integrityOf(database),
        ...brokenLinks(rows),
        ...doubledFacts(events),
        ...factsOutOfOrder(events),
        ...wrongEnvironments(database, events),
        ...wrongTables(database, tasks, events.at(-1)),
      ],
    };
  } finally {
    database.close();
  }
}

function integrityOf(database: Database.Database): readonly string[] {
  const result = database.pragma('integrity_check', { simple: true });
  return result === 'ok' ? [] : [`integrity_check says ${String(result)}`];
}

function brokenLinks(rows: readonly Row[]): readonly string[] {
  let head = '0'.repeat(64);
  return rows.flatMap(([seq, at, type, task, v, actor, data, hash], index) => {
    const text = JSON.stringify([head, seq, at, type, task, v, actor, data]);
    head = createHash('sha256').update(text).digest('hex');
    return seq === index + 1 && head === hash ? [] : [`event ${seq} is no link of the chain`];
  });
}

/** What makes a fact one that can happen once, by the document's words on each event. */
const onceBy: Readonly<Record<string, readonly string[]>> = {
  TaskSubmitted: [],
  TaskSpawned: ['attempt'],
  TaskSpawnAborted: ['attempt'],
  TaskStarted: ['attempt'],
  OutOfMemorySeen: ['attempt'],
  LogSegmentSealed: ['stream', 'from'],
  LogSegmentPruned: ['stream', 'from'],
  LogClosed: [],
  TaskForgotten: [],
  TaskRenamed: ['requestId'],
  TaskTagged: ['requestId'],
  EnvironmentRedacted: ['requestId'],
  SignalRequested: ['requestId', 'signal'],
  SignalSent: ['requestId', 'signal'],
};
const endings: readonly string[] = ['TaskExited', 'TaskLost', 'TaskStartFailed'];

function doubledFacts(events: readonly PlainEvent[]): readonly string[] {
  const seen = new Map<string, number>();
  return events.flatMap(({ seq, type, task, data }) => {
    const fields = onceBy[type];
    const keys = [
      ...(fields === undefined ? [] : [JSON.stringify([type, task, ...fields.map((field) => data[field])])]),
      ...(endings.includes(type) ? [`the end of ${task}`] : []),
      ...(type === 'TaskSubmitted' ? [`request ${text(data, 'requestId')}`, `uuid ${text(data, 'uuid')}`] : []),
    ];
    return keys.flatMap((key) => {
      const before = seen.get(key);
      seen.set(key, seq);
      return before === undefined ? [] : [`event ${seq} tells once more what event ${before} told: ${key}`];
    });
  });
}

/** What each may only follow: the same task's event, of the same attempt or request. */
const follows: readonly (readonly [type: string, before: string, by: string])[] = [
  ['TaskStarted', 'TaskSpawned', 'attempt'],
  ['TaskExited', 'TaskStarted', 'attempt'],
  ['SignalSent', 'SignalRequested', 'requestId'],
];

function factsOutOfOrder(events: readonly PlainEvent[]): readonly string[] {
  const seen = new Set<string>();
  const complaints: string[] = [];
  let lastTask = 0;
  let lastOfDaemon: string | null = null;
  for (const { seq, type, task, data } of events) {
    for (const [later, before, by] of follows) {
      if (type === later && !seen.has(JSON.stringify([before, task, data[by]]))) {
        complaints.push(`event ${seq} is a ${type} of task ${task} with no ${before} before it`);
      }
      if (type === before) seen.add(JSON.stringify([type, task, data[by]]));
    }
    if (type === 'TaskSubmitted' && task !== lastTask + 1) complaints.push(`task ${task} follows task ${lastTask}`);
    if (task !== null && task > lastTask && type !== 'TaskSubmitted') complaints.push(`event ${seq} is of no task`);
    lastTask = Math.max(lastTask, task ?? 0);
    if (type === 'DaemonStarted') {
      const wanted = lastOfDaemon === null ? 'none' : lastOfDaemon === 'DaemonStopped' ? 'stopped' : 'crashed';
      if (data['previous'] !== wanted) complaints.push(`event ${seq} should say of the daemon before it: ${wanted}`);
    }
    if (type === 'DaemonStarted' || type === 'DaemonStopped') lastOfDaemon = type;
  }
  return complaints;
}

function wrongEnvironments(database: Database.Database, events: readonly PlainEvent[]): readonly string[] {
  const rows = database.prepare<[], { hash: string; entries: string }>('SELECT hash, entries FROM environments').all();
  const wrong = rows.filter(
    ({ hash, entries }) =>
      !entries.includes('{"redacted":true}') && createHash('sha256').update(entries).digest('hex') !== hash,
  );
  const known = new Set(rows.map(({ hash }) => hash));
  const missing = events.filter(
    ({ type, data }) => type === 'TaskSubmitted' && !known.has(text(data, 'environmentHash')),
  );
  return [
    ...wrong.map(({ hash }) => `the environment ${hash} has another sum`),
    ...missing.map(({ task }) => `the environment of task ${task} is not there`),
  ];
}

/** The fold of docs/journal.md, written once more. */
function foldPlainly(events: readonly PlainEvent[]): readonly PlainTask[] {
  const tasks = new Map<number, PlainTask>();
  for (const event of events) {
    const { seq, at, type, task: id, data } = event;
    if (id === null) continue;
    if (type === 'TaskSubmitted') {
      tasks.set(id, {
        id,
        uuid: text(data, 'uuid'),
        name: textOrNull(data, 'name'),
        command: JSON.stringify(data['command']),
        cwd: text(data, 'cwd'),
        state: 'running',
        exit_code: null,
        signal: null,
        started_at: null,
        ended_at: null,
        duration_ms: null,
        ended_seq: null,
        submitted_at: at,
        submitted_seq: seq,
        forgotten: 0,
        tags: JSON.stringify(texts(data, 'tags').toSorted()),
      });
      continue;
    }
    const task = tasks.get(id);
    if (task !== undefined) foldOne(task, event);
  }
  return [...tasks.values()];
}

function foldOne(task: PlainTask, { seq, at, type, data }: PlainEvent): void {
  if (type === 'TaskStarted') task.started_at = number(data, 'startedAt');
  if (type === 'TaskRenamed') task.name = textOrNull(data, 'name');
  if (type === 'TaskForgotten') task.forgotten = 1;
  if (type === 'TaskTagged') {
    const removed = texts(data, 'removed');
    const tags = new Set([...(JSON.parse(task.tags) as string[]), ...texts(data, 'added')]);
    task.tags = JSON.stringify([...tags].filter((tag) => !removed.includes(tag)).toSorted());
  }
  if (!endings.includes(type)) return;
  task.ended_seq = seq;
  task.ended_at = type === 'TaskExited' ? number(data, 'endedAt') : at;
  if (type === 'TaskLost') task.state = 'lost';
  else if (type === 'TaskStartFailed') task.state = 'failed';
  else {
    const outcome = data['outcome'] as Data;
    if (outcome['kind'] === 'signaled') {
      task.state = 'killed';
      task.signal = text(outcome, 'signal');
    } else {
      task.exit_code = number(outcome, 'code');
      task.state = task.exit_code === 0 ? 'exited' : 'failed';
    }
  }
  if (type !== 'TaskLost' && task.started_at !== null) {
    task.duration_ms = Math.max(0, Math.round((task.ended_at - task.started_at) / 1000));
  }
}

function wrongTables(
  database: Database.Database,
  tasks: readonly PlainTask[],
  last: PlainEvent | undefined,
): readonly string[] {
  const kept = database
    .prepare<[], PlainTask>(
      `SELECT id, uuid, name, command, cwd, state, exit_code, signal, started_at, ended_at, duration_ms, ended_seq,
       submitted_at, submitted_seq, forgotten,
       (SELECT json_group_array(tag) FROM (SELECT tag FROM task_tags WHERE task = tasks.id ORDER BY tag)) AS tags
       FROM tasks ORDER BY id`,
    )
    .all();
  const [events, tables] = [tasks, kept].map((rows) => new Map(rows.map((row) => [row.id, sorted(row)])));
  const ids = new Set([...(events?.keys() ?? []), ...(tables?.keys() ?? [])]);
  const seq = database.prepare<[], number>('SELECT max(seq) FROM read_models').pluck().get() ?? 0;
  return [
    ...(seq === (last?.seq ?? 0) ? [] : [`the tables are folded up to event ${seq}, not ${last?.seq ?? 0}`]),
    ...[...ids]
      .filter((id) => events?.get(id) !== tables?.get(id))
      .map((id) => `task ${id} is ${events?.get(id)} by its events and ${tables?.get(id)} in the table`),
  ];
}

function sorted(row: PlainTask): string {
  return JSON.stringify(Object.fromEntries(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

export function text(data: Data, name: string): string {
  const value = data[name];
  if (typeof value !== 'string') throw new Error(`${name} is no text in ${JSON.stringify(data)}`);
  return value;
}

export function number(data: Data, name: string): number {
  const value = data[name];
  if (typeof value !== 'number') throw new Error(`${name} is no number in ${JSON.stringify(data)}`);
  return value;
}

function textOrNull(data: Data, name: string): string | null {
  return data[name] === null ? null : text(data, name);
}

function texts(data: Data, name: string): readonly string[] {
  const value = data[name];
  if (!Array.isArray(value)) throw new Error(`${name} is no list in ${JSON.stringify(data)}`);
  return value.map(String);
}

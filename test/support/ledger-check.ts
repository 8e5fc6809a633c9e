import { dirname, join } from 'node:path';

import Database from 'better-sqlite3';

import type { Client } from '../../src/client/api.ts';
import { type EventRow, decodeEvent } from '../../src/journal/codec.ts';
import type { JournalEvent, StreamName } from '../../src/journal/events.ts';
import { type TaskView, viewTask } from '../../src/projections/task-view.ts';
import { collect } from './collect.ts';
import { processesOfTasks } from './daemons.ts';
import type { GhostHome } from './ghost-home.ts';
import type { Ledger, LedgerTask } from './ledger.ts';
import { pathsBelow } from './paths-below.ts';
import { type PlainEvent, number, readPlainJournal } from './plain-journal.ts';
import { readPlainStream } from './plain-output.ts';
import { until } from './until.ts';
import { evolveTable, initialTable } from './whole-table.ts';

/** How long something must be wrong before it is believed. */
const staysWrongMs = 2_000;
const endTypes: readonly string[] = ['TaskExited', 'TaskLost', 'TaskStartFailed'];

/** Waits until every task that the journal knows is complete, its log closed. Starts a daemon where there is none. */
export async function allComplete(home: GhostHome, client: Client): Promise<void> {
  await until('every task is complete', async () => {
    await client.ping();
    return countOf(home, ['TaskSubmitted']) === countOf(home, ['LogClosed', 'TaskStartFailed']);
  });
}

/**
 * Everything that must hold of a home after any crash, once all is complete; each complaint is a sentence. The journal
 * and the files are read by their documentation and not by ghost's code, and what tasks did is their own account.
 */
export async function complaintsAbout(
  home: GhostHome,
  { client, ledger }: { client: Client; ledger: Ledger },
): Promise<readonly string[]> {
  // Those that were hidden too.
  const listed = (await collect(client.history({ forgotten: true }))).toReversed();
  // After the list: what its tasks came to is in the journal by then.
  await nothingIsHalfMade(home);
  // What has ended is compressed a moment later, so that journal and files are of one moment only where nothing came between.
  let since = { complaints: '', atMs: 0 };
  const { events, complaints, logs } = await until('nothing is recorded while all is read', async () => {
    const read = readPlainJournal(home.path);
    const wrong: string[] = [];
    for (const task of listed) wrong.push(...(await wrongLog(task, { home, client, events: read.events, ledger })));
    if (lastEvent(home) !== (read.events.at(-1)?.seq ?? 0)) return null;
    // A segment is there a moment before its event: what is wrong stays so.
    if (since.complaints !== wrong.join('\n')) since = { complaints: wrong.join('\n'), atMs: performance.now() };
    if (wrong.length > 0 && performance.now() - since.atMs < staysWrongMs) return null;
    return { ...read, logs: wrong };
  });
  return [
    ...complaints,
    ...differences(listed, foldFromZero(recordedEvents(home))),
    ...ledger.tasks.flatMap((task) => wrongRuns(ledger, { task, listed })),
    ...listed.flatMap((task) => wrongEnd(task, { events, ledger })),
    ...logs,
    ...(await leftBehind(home)),
  ];
}

/** The events as they are in the journal's file, read beside the daemon. */
export function recordedEvents(home: GhostHome): readonly JournalEvent[] {
  return usingJournal(home, (database) =>
    database
      .prepare<[], EventRow>('SELECT seq, at, type, task, v, actor, data, hash FROM events ORDER BY seq')
      .raw()
      .all()
      .map(decodeEvent),
  );
}

/** The table that a fold of the whole past gives, as it is listed. */
export function foldFromZero(events: readonly JournalEvent[]): readonly TaskView[] {
  return [...events.reduce(evolveTable, initialTable()).tasks.values()].map(viewTask).toSorted((a, b) => a.id - b.id);
}

function countOf(home: GhostHome, types: readonly string[]): number {
  const sql = 'SELECT count(*) FROM events WHERE type IN (SELECT value FROM json_each(?))';
  return usingJournal(home, (database) => {
    const count = database.prepare<[string], number>(sql).pluck();
    return count.get(JSON.stringify(types)) ?? 0;
  });
}

function lastEvent(home: GhostHome): number {
  const sql = 'SELECT max(seq) FROM events';
  return usingJournal(home, (database) => database.prepare<[], number | null>(sql).pluck().get() ?? 0);
}

function usingJournal<T>(home: GhostHome, use: (database: Database.Database) => T): T {
  const database = new Database(join(home.path, 'tasks.db'), { readonly: true });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

function differences(listed: readonly TaskView[], folded: readonly TaskView[]): readonly string[] {
  const [live, zero] = [listed, folded].map((views) => new Map(views.map((view) => [view.id, JSON.stringify(view)])));
  return [...new Set([...listed, ...folded].map(({ id }) => id))]
    .filter((id) => live?.get(id) !== zero?.get(id))
    .map((id) => `task ${id} folded from zero is another: ${zero?.get(id)} and not ${live?.get(id)}`);
}

function wrongRuns(ledger: Ledger, { task, listed }: { task: LedgerTask; listed: readonly TaskView[] }): string[] {
  const own = listed.filter(({ command }) => ledger.find(command) === task);
  const runs = ledger.runs(task);
  const said = ledger.ends(task);
  const ended = own.map(({ exitCode, signal }) => String(exitCode ?? signal));
  return [
    ...(own.length > ledger.wantedRuns(task)
      ? [`${task.key} is ${own.length} tasks: ${own.map(({ id }) => id).join(' ')}`]
      : []),
    ...(runs === own.length ? [] : [`${task.key} ran ${runs} times for ${own.length} tasks`]),
    // One that said how it was about to end has ended so.
    ...(said.length <= runs && said.every((end) => ended.includes(end))
      ? []
      : [`${task.key} noted the ends ${said.join(', ')} and is told to have ${ended.join(', ')}`]),
  ];
}

function wrongEnd(task: TaskView, { events, ledger }: { events: readonly PlainEvent[]; ledger: Ledger }): string[] {
  const own = events.filter((event) => event.task === task.id);
  const ends = own.filter(({ type }) => endTypes.includes(type));
  const closings = own.filter(({ type }) => type === 'LogClosed').length;
  const known = ledger.find(task.command);
  const { id, state, exitCode, signal, reason } = task;
  return [
    ...(ends.length === 1 ? [] : [`task ${id} has ${ends.length} ends`]),
    // What never started has no output to wait for.
    ...(closings === (ends[0]?.type === 'TaskStartFailed' ? 0 : 1)
      ? []
      : [`the log of task ${id} was closed ${closings} times`]),
    ...(known === undefined || ledger.mayEndAs(known, task)
      ? []
      : [`task ${id} (${known.key}) ended as ${JSON.stringify({ state, exitCode, signal, reason })}`]),
  ];
}

/** What a task printed against what ghost gives, and against what lies in its files. */
async function wrongLog(
  { id, command }: TaskView,
  { home, client, events, ledger }: { home: GhostHome; client: Client; events: readonly PlainEvent[]; ledger: Ledger },
): Promise<readonly string[]> {
  const known = ledger.find(command);
  if (known === undefined) return [];
  const given: Record<StreamName, Uint8Array[]> = { stdout: [], stderr: [] };
  for await (const { stream, data } of client.log(String(id))) given[stream].push(data);
  const closed = events.find((event) => event.type === 'LogClosed' && event.task === id);
  return (['stdout', 'stderr'] as const).flatMap((stream) => {
    const what = `the ${stream} of task ${id} (${known.key})`;
    const kept = readPlainStream(home.path, { task: id, stream, events });
    const printed = ledger.printed(known, stream);
    const left = printed.subarray(kept.from);
    const log = Buffer.concat(given[stream]);
    const noted = closed === undefined ? null : number(closed.data, `${stream}Bytes`);
    return [
      ...kept.complaints,
      ...(log.equals(left) ? [] : [`${what} has ${log.length} bytes and not the ${left.length} printed`]),
      ...(kept.bytes.equals(left) ? [] : [`${what} lies there with ${kept.bytes.length} bytes, not ${left.length}`]),
      ...(noted === printed.length ? [] : [`${what} was closed at ${noted}, not ${printed.length}`]),
    ];
  });
}

/** What has ended is compressed a moment later. */
async function nothingIsHalfMade(home: GhostHome): Promise<void> {
  await until('nothing is half made any more', () => needlessFiles(home).length === 0).catch(() => undefined);
}

/** Processes and files that only a running task needs. What has just ended may take a moment to be gone. */
async function leftBehind(home: GhostHome): Promise<readonly string[]> {
  await until('nothing of a task runs any more', () => processesOfTasks(home).length === 0).catch(() => undefined);
  // What has ended is compressed a moment later, one task after the other: looked at once, not again between two.
  let needless: readonly string[] = [];
  await until('nothing is half made any more', () => {
    needless = needlessFiles(home);
    return needless.length === 0;
  }).catch(() => undefined);
  return [
    ...processesOfTasks(home).map(({ pid, commandLine }) => `process ${pid} is left: ${commandLine}`),
    ...needless.map((path) => `${path} is left`),
  ];
}

/** What only a running task, a compression or an election needs, and folders with nothing in them. */
function needlessFiles(home: GhostHome): readonly string[] {
  const paths = pathsBelow(home.path);
  const full = new Set(paths.map(dirname));
  return paths.filter(
    (path) =>
      /\.(fifo|pump|again|tmp|rebuild)$|daemon\.json\.|\.sock\.|\.sock\w|\.hole$|\/(status|messages)\.\d+$/.test(
        path,
      ) ||
      (/^tasks\/\d+(\/spool)?$/.test(path) && !full.has(path)),
  );
}

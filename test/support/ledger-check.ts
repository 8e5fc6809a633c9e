import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';

import Database from 'better-sqlite3';

import type { Client } from '../../src/client/api.ts';
import { type EventRow, decodeEvent } from '../../src/journal/codec.ts';
import type { JournalEvent, StreamName } from '../../src/journal/events.ts';
import { evolveTable, initialTable } from '../../src/projections/task-table.ts';
import { type TaskView, viewTask } from '../../src/projections/task-view.ts';
import type { GhostHome } from './ghost-home.ts';
import { processesOfTasks } from './ledger-client.ts';
import type { Ledger, LedgerTask } from './ledger.ts';
import { pathsBelow } from './paths-below.ts';
import { until } from './until.ts';

const endTypes: readonly string[] = ['TaskExited', 'TaskLost', 'TaskStartFailed'];

/** Waits until every task that the journal knows is complete, its log closed. Starts a daemon where there is none. */
export async function allComplete(home: GhostHome, client: Client): Promise<void> {
  await until('every task is complete', async () => {
    await client.ping();
    const events = readEvents(home);
    const count = (wanted: readonly string[]): number => events.filter(({ type }) => wanted.includes(type)).length;
    return count(['TaskSubmitted']) === count(['LogClosed', 'TaskStartFailed']);
  });
}

/**
 * Everything that must hold of a home after any crash, once all is complete; each complaint is a sentence. Nothing is
 * taken from ghost that the tasks' own account, the rows of the journal or the process table can tell.
 */
export async function complaintsAbout(
  home: GhostHome,
  { client, ledger }: { client: Client; ledger: Ledger },
): Promise<readonly string[]> {
  const events = readEvents(home);
  const listed = await client.list({ all: true });
  return [
    ...brokenLinks(home),
    ...differences(listed, foldFromZero(events)),
    ...ledger.tasks.flatMap((task) => wrongRuns(ledger, { task, listed })),
    ...listed.flatMap((task) => wrongEnd(task, { events, ledger })),
    ...(await Promise.all(listed.map((task) => wrongLog(task, { client, events, ledger })))).flat(),
    ...(await leftBehind(home)),
  ];
}

/** The events as they are in the journal's file, read beside the daemon. */
export function readEvents(home: GhostHome): readonly JournalEvent[] {
  return readRows(home).map(decodeEvent);
}

/** The table that a fold of the whole past gives, as it is listed. */
export function foldFromZero(events: readonly JournalEvent[]): readonly TaskView[] {
  return [...events.reduce(evolveTable, initialTable()).tasks.values()].map(viewTask).toSorted((a, b) => a.id - b.id);
}

function readRows(home: GhostHome): readonly EventRow[] {
  const database = new Database(join(home.path, 'tasks.db'), { readonly: true });
  try {
    return database
      .prepare<[], EventRow>('SELECT seq, at, type, task, v, actor, data, hash FROM events ORDER BY seq')
      .raw()
      .all();
  } finally {
    database.close();
  }
}

/** The chain, computed here from the rows alone. */
function brokenLinks(home: GhostHome): readonly string[] {
  let previous = '0'.repeat(64);
  return readRows(home).flatMap(([seq, at, type, task, v, actor, data, hash], index) => {
    const fields = JSON.stringify([previous, seq, at, type, task, v, actor, data]);
    previous = createHash('sha256').update(fields).digest('hex');
    return seq === index + 1 && previous === hash ? [] : [`event ${seq} is no link of the chain`];
  });
}

function differences(listed: readonly TaskView[], folded: readonly TaskView[]): readonly string[] {
  const [live, zero] = [JSON.stringify(listed), JSON.stringify(folded)];
  return live === zero ? [] : [`the table folded from zero is another: ${zero} and not ${live}`];
}

function wrongRuns(ledger: Ledger, { task, listed }: { task: LedgerTask; listed: readonly TaskView[] }): string[] {
  const numbers = listed.filter(({ command }) => ledger.find(command) === task).map(({ id }) => id);
  const runs = ledger.runs(task);
  return [
    ...(numbers.length > 1 ? [`${task.key} is ${numbers.length} tasks: ${numbers.join(' ')}`] : []),
    ...(runs === numbers.length ? [] : [`${task.key} ran ${runs} times for ${numbers.length} tasks`]),
  ];
}

function wrongEnd(task: TaskView, { events, ledger }: { events: readonly JournalEvent[]; ledger: Ledger }): string[] {
  const own = events.filter((event) => event.task === task.id);
  const ends = own.filter(({ type }) => endTypes.includes(type)).length;
  const closings = own.filter(({ type }) => type === 'LogClosed').length;
  const known = ledger.find(task.command);
  const { id, state, exitCode, signal, reason } = task;
  return [
    ...(ends === 1 ? [] : [`task ${id} has ${ends} ends`]),
    ...(closings === 1 ? [] : [`the log of task ${id} was closed ${closings} times`]),
    ...(known === undefined || ledger.mayEndAs(known, task)
      ? []
      : [`task ${id} (${known.key}) ended as ${JSON.stringify({ state, exitCode, signal, reason })}`]),
  ];
}

async function wrongLog(
  { id, command }: TaskView,
  { client, events, ledger }: { client: Client; events: readonly JournalEvent[]; ledger: Ledger },
): Promise<readonly string[]> {
  const known = ledger.find(command);
  if (known === undefined) return [];
  const given: Record<StreamName, Uint8Array[]> = { stdout: [], stderr: [] };
  for await (const { stream, data } of client.log(String(id))) given[stream].push(data);
  const closed = events.find((event) => event.type === 'LogClosed' && event.task === id);
  return (['stdout', 'stderr'] as const).flatMap((stream) => {
    const [log, printed] = [Buffer.concat(given[stream]), ledger.printed(known, stream)];
    const noted = closed?.type === 'LogClosed' ? closed.data[`${stream}Bytes`] : null;
    return [
      ...(log.equals(printed)
        ? []
        : [`the ${stream} of task ${id} (${known.key}) has ${log.length} bytes and not the ${printed.length} printed`]),
      ...(noted === printed.length
        ? []
        : [`the ${stream} of task ${id} was closed at ${noted}, not ${printed.length}`]),
    ];
  });
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
      /\.(fifo|pump|tmp)$|daemon\.json\.|\.sock\.|\.sock\w|\/(status|messages)\.\d+$/.test(path) ||
      (/^tasks\/\d+(\/spool)?$/.test(path) && !full.has(path)),
  );
}

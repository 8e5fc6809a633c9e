import { existsSync, lstatSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { asideFolder, liesInSpool, moveAside } from '../daemon/set-aside.ts';
import { TaskFolder } from '../daemon/task-folder.ts';
import type { StreamName, TaskId } from '../journal/events.ts';
import { streamNames } from '../stream-names.ts';
import { counted } from '../words/task-words.ts';
import { type Found, ok, problem, someOf, warning } from './finding.ts';
import { type FolderEntry, isOld } from './folder-check.ts';
import type { FactsTable, OutputFacts } from './output-facts.ts';
import type { Patient } from './patient.ts';

/**
 * The files of every task against what the journal tells of them. `entries` were listed before the journal was read: a
 * task's folder and a segment's event come in that order, so that what is listed is in the journal, or will be soon.
 * @param readAgain gives the facts as they are by now: beside a daemon at work, what is missing may have gone with its
 *   event a moment ago.
 */
export function checkOutput(
  patient: Patient,
  { entries, facts, readAgain }: { entries: readonly FolderEntry[]; facts: FactsTable; readAgain: () => FactsTable },
): readonly Found[] {
  const missingBy = (known: FactsTable): readonly string[] =>
    [...known].flatMap(([id, task]) => missingOf(patient, id, task));
  const first = missingBy(facts);
  // What is missing by both: by the second alone it may have gone since.
  const again = first.length > 0 && !patient.alone ? missingBy(readAgain()) : first;
  const missing = first.filter((name) => again.includes(name));
  const found = [
    ...checkFolders(patient, entries, facts),
    ...checkSegments(patient, entries, facts),
    ...(missing.length === 0
      ? []
      : [
          problem('output', `output that the journal tells of is not there: ${someOf(missing)}`, {
            hint: 'put it back from a backup, if there is one; the journal itself is not touched by it',
          }),
        ]),
  ];
  if (found.length > 0) return found;
  const tasks = counted(facts.size, { one: 'task', many: 'tasks' });
  return [ok('output', `of ${tasks}: all that the journal tells of is there, and nothing else`)];
}

/** Folders of tasks that the journal does not have: of another journal, or of one that lost events. */
function checkFolders(
  { paths: { home, tasks }, alone, nowMs }: Patient,
  entries: readonly FolderEntry[],
  facts: FactsTable,
): readonly Found[] {
  const folders = entries.filter(({ path, stats }) => dirname(path) === tasks && stats.isDirectory());
  const unknown = folders.filter(
    ({ path, stats }) => /^\d+$/.test(basename(path)) && !facts.has(taskOf(path)) && (alone || isOld(stats, { nowMs })),
  );
  const put = folders.filter(({ path }) => /^\d+\.before-/.test(basename(path)));
  const found: Found[] = [];
  if (unknown.length > 0) {
    const names = unknown.map(({ path }) => relative(home, path));
    found.push(
      problem('tasks', `folders of tasks that the journal knows nothing of: ${someOf(names)}`, {
        mend: () => allAside(home, unknown),
      }),
    );
  }
  if (put.length > 0) {
    const names = put.map(({ path }) => relative(home, path));
    found.push(
      warning('tasks', `output of tasks of an earlier journal, which ghost put aside: ${someOf(names)}`, {
        hint: 'look at it, and remove it when you do not want it any more',
      }),
    );
  }
  return found;
}

/** Segments that no event tells of. */
function checkSegments(patient: Patient, entries: readonly FolderEntry[], facts: FactsTable): readonly Found[] {
  const { home, tasks } = patient.paths;
  const orphaned = entries.filter(({ path, stats }) => {
    if (!stats.isFile() || dirname(dirname(path)) !== tasks) return false;
    const task = facts.get(taskOf(dirname(path)));
    const stream = streamOf(path);
    if (task === undefined || stream === null || task.streams[stream].files.has(basename(path))) return false;
    if (patient.alone) return true;
    // Beside a daemon: not what it has just begun or is about to remove, and may have removed since it was listed.
    return isOld(stats, patient) && !task.streams[stream].prunedFiles.has(basename(path)) && existsSync(path);
  });
  if (orphaned.length === 0) return [];
  const names = orphaned.map(({ path }) => relative(home, path));
  return [
    warning('output', `segments that no event tells of: ${someOf(names)}`, {
      mend: () => {
        const [superfluous, rest] = partition(orphaned, ({ path }) => isSuperfluous(path, patient, facts));
        for (const { path } of superfluous) rmSync(path, { force: true });
        const removed = superfluous.length === 0 ? [] : [`${superfluous.length} removed, whose bytes are elsewhere`];
        return [...removed, ...(rest.length === 0 ? [] : [allAside(home, rest)])].join('; ');
      },
    }),
  ];
}

/** Whether nothing is lost with it: an event tells of its end, or all of its range still lies in the spool. */
function isSuperfluous(path: string, { paths: { tasks } }: Patient, facts: FactsTable): boolean {
  const id = taskOf(dirname(path));
  const stream = streamOf(path);
  const stored = stream === null ? undefined : facts.get(id)?.streams[stream];
  if (stream === null || stored === undefined) return false;
  if (stored.prunedFiles.has(basename(path))) return true;
  // It is the next to be made, and what it was made of has not been given back: that takes its event, which may be lost.
  const next = `${stream}.${String(stored.sealed).padStart(4, '0')}.gz`;
  const spool = new TaskFolder(tasks, id).stream(stream);
  return basename(path) === next && liesInSpool(path, { spool, from: stored.sealedTo });
}

function missingOf({ paths: { home, tasks } }: Patient, id: TaskId, task: OutputFacts): readonly string[] {
  const folder = new TaskFolder(tasks, id);
  return streamNames.flatMap((stream) => {
    const { files, sealedTo, prunedTo } = task.streams[stream];
    const segments = [...files].flatMap(([file, bytes]) =>
      wrongSize(join(folder.path, file), { home, wanted: bytes, exactly: true }),
    );
    const length = task.closed?.[stream] ?? null;
    const spool = folder.stream(stream);
    // What is complete and all in segments, or gone, has no spool any more.
    if (length !== null && Math.max(sealedTo, prunedTo) >= length) return segments;
    // A stream that is still open may have none yet; what was cut of one stays as a hole.
    if (length === null && sealedTo === 0) return segments;
    return [...segments, ...wrongSize(spool, { home, wanted: length ?? sealedTo, exactly: false })];
  });
}

function wrongSize(
  path: string,
  { home, wanted, exactly }: { home: string; wanted: number; exactly: boolean },
): readonly string[] {
  const name = relative(home, path);
  const size = lstatSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return [`${name} is missing`];
  const right = exactly ? size === wanted : size >= wanted;
  return right ? [] : [`${name} has ${size} bytes instead of ${wanted}`];
}

/** @returns what was done. */
function allAside(home: string, entries: readonly FolderEntry[]): string {
  for (const { path } of entries) moveAside(home, path);
  return `moved into ${asideFolder}/`;
}

/** The task of a folder that is named by its number; NaN, which no task has, for another. */
function taskOf(folder: string): TaskId {
  return Number(basename(folder)) as TaskId;
}

function streamOf(path: string): StreamName | null {
  const name = /^(stdout|stderr)\.\d+\.gz$/.exec(basename(path))?.[1];
  return name === 'stdout' || name === 'stderr' ? name : null;
}

function partition<T>(items: readonly T[], holds: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}

import type { Client } from '../../client/api.ts';
import type { StreamName } from '../../journal/events.ts';
import type { TaskDetail } from '../../protocol/answers.ts';
import { comparedLog } from './compared-log.ts';
import { environmentDiff, type VariableDiff } from './environment-diff.ts';
import { blanked, blanking } from './line-blanks.ts';
import { type ComparedLines, diffLines, type LineDiff } from './line-diff.ts';

/** What two runs have, where it is not the same. */
export interface Pair<T> {
  readonly a: T;
  readonly b: T;
}

/** What differs between two runs; null where nothing does. */
export interface RunDiff {
  readonly command: Pair<readonly string[]> | null;
  readonly folder: Pair<string> | null;
  readonly name: Pair<string | null> | null;
  readonly tags: { readonly removed: readonly string[]; readonly added: readonly string[] } | null;
  readonly outcome: Pair<RunOutcome> | null;
  readonly environment: readonly VariableDiff[];
  readonly log: Readonly<Record<StreamName, LineDiff>>;
  /** Whether only the ends of the logs were compared. */
  readonly isCut: boolean;
  /** Whether anything differs that is not a matter of time. */
  readonly isSame: boolean;
}

interface RunOutcome {
  readonly state: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

interface DiffOptions {
  readonly patterns: readonly RegExp[];
  readonly exact: boolean;
  readonly reveal: boolean;
}

/** Compares two runs. How long they took, and what processor time they used, makes no difference: it never is the same. */
export async function diffRuns(
  client: Client,
  { a, b }: Pair<TaskDetail>,
  { patterns, exact, reveal }: DiffOptions,
): Promise<RunDiff> {
  const [environment, logA, logB] = await Promise.all([
    environmentDiff(client, { a, b, reveal }),
    comparedLog(client, a.task.id),
    comparedLog(client, b.task.id),
  ]);
  const pids = [a.task.pid, b.task.pid].filter((pid) => pid !== null);
  const blank = blanking(patterns, { exact, pids });
  const lines = (stream: StreamName): LineDiff => {
    const left: ComparedLines = { shown: logA.lines[stream], compared: blanked(logA.lines[stream], blank) };
    const right: ComparedLines = { shown: logB.lines[stream], compared: blanked(logB.lines[stream], blank) };
    return diffLines(left, right);
  };
  const isCut = logA.isCut || logB.isCut;
  const facts = {
    command: pairOf(a.task.command, b.task.command),
    folder: pairOf(a.task.cwd, b.task.cwd),
    name: pairOf(a.task.name, b.task.name),
    tags: tagsOf(a, b),
    outcome: pairOf(outcomeOf(a), outcomeOf(b)),
  };
  const log = { stdout: lines('stdout'), stderr: lines('stderr') };
  const sizeDiffers = a.log.stdoutBytes !== b.log.stdoutBytes || a.log.stderrBytes !== b.log.stderrBytes;
  const isSame =
    Object.values(facts).every((fact) => fact === null) &&
    environment.length === 0 &&
    Object.values(log).every(({ hunks }) => hunks.length === 0) &&
    // Of what was not compared nobody knows.
    !(isCut && sizeDiffers);
  return { ...facts, environment, log, isCut, isSame };
}

function pairOf<T>(a: T, b: T): Pair<T> | null {
  return JSON.stringify(a) === JSON.stringify(b) ? null : { a, b };
}

function tagsOf({ task: a }: TaskDetail, { task: b }: TaskDetail): RunDiff['tags'] {
  const removed = a.tags.filter((tag) => !b.tags.includes(tag));
  const added = b.tags.filter((tag) => !a.tags.includes(tag));
  return removed.length + added.length === 0 ? null : { removed, added };
}

function outcomeOf({ task: { state, exitCode, signal } }: TaskDetail): RunOutcome {
  return { state, exitCode, signal };
}

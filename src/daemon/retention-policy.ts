import type { PruneReason, StreamName, TaskId } from '../journal/events.ts';
import { blockBytes } from '../projections/stored-bytes.ts';

/** A range of a stream that can go by itself: a segment, or what of a spool is not compressed. */
export interface OutputPiece {
  readonly task: TaskId;
  readonly stream: StreamName;
  readonly from: number;
  readonly to: number;
  /** The segment's file, or null for a range of the spool. */
  readonly file: string | null;
  /** What it takes on the disk. */
  readonly bytes: number;
  /** Smaller is older: among the segments of several tasks, the place of the event in the journal. */
  readonly age: number;
  /** Whether its first part can go alone, in whole blocks: in a spool that is still written. */
  readonly divisible: boolean;
}

/** What one task has on the disk. */
export interface TaskOutput {
  readonly bytes: number;
  /** Oldest first. */
  readonly pieces: Iterable<OutputPiece>;
}

/** What of it may go while somebody still writes: its segments, and then the oldest of its spools. */
export interface OpenOutput {
  /** Oldest first. */
  readonly segments: Iterable<OutputPiece>;
  readonly raw: Iterable<OutputPiece>;
}

export interface RetentionLimits {
  readonly perTaskBytes: number;
  readonly totalBytes: number;
  readonly keepFreeBytes: number;
  /** So much is left to all tasks together however little room there is. */
  readonly floorBytes: number;
}

export type Prune = OutputPiece & { readonly reason: PruneReason };

/** What is on the disk, and what it is held against. */
export interface OutputState {
  /** The tasks that may be past their own limit. */
  readonly suspects: Iterable<TaskOutput>;
  /** The tasks whose output is complete, those that ended first first. */
  readonly complete: Iterable<TaskOutput>;
  /** Those whose output is still written. */
  readonly open: Iterable<OpenOutput>;
  /** What the output of all tasks takes. */
  readonly outputBytes: number;
  /** What is left of the file system. */
  readonly freeBytes: number;
  readonly limits: RetentionLimits;
}

/** The output of so many tasks is looked at in one step of the choice. */
const outputsAtOnce = 100;

/**
 * What has to go, in this order: of every task that is past its limit its own oldest output; then, as long as all of it
 * is too much or too little is left free, the output of the tasks that ended first, the oldest segments of those that
 * are still written, and at last the beginnings of the largest spools. Never more than is needed, and what is left of a
 * stream never has a gap. One by one, for there may be a million; undefined stands for a step that chose nothing.
 */
export function* choosing({
  suspects,
  complete,
  open,
  outputBytes,
  freeBytes,
  limits,
}: OutputState): Generator<Prune | undefined, void, void> {
  let takenBytes = 0;
  const whole = new Set<string>();
  /** What of a spool goes for its own task's limit. More of it may have to go, and then it goes as one. */
  const partly = new Map<string, Prune>();
  for (const { bytes, pieces } of suspects) {
    let excess = bytes - limits.perTaskBytes;
    if (excess <= 0) continue;
    for (const piece of pieces) {
      const part = firstPart(piece, excess);
      takenBytes += part.bytes;
      excess -= part.bytes;
      if (part.to === piece.to) {
        whole.add(keyOf(piece));
        yield { ...part, reason: 'task-limit' };
      } else partly.set(keyOf(piece), { ...part, reason: 'task-limit' });
      if (excess <= 0) break;
    }
  }
  const excessOfAll = (): number => outputBytes - takenBytes - limits.totalBytes;
  const missingFree = (): number =>
    Math.min(limits.keepFreeBytes - freeBytes, outputBytes - limits.floorBytes) - takenBytes;
  if (excessOfAll() > 0 || missingFree() > 0) {
    for (const piece of oldestFirst({ complete, open })) {
      if (piece === undefined) {
        yield undefined;
        continue;
      }
      const key = keyOf(piece);
      if (whole.has(key)) continue;
      const excess = excessOfAll();
      const before = partly.get(key)?.bytes ?? 0;
      const part = firstPart(piece, before + Math.max(excess, missingFree()));
      takenBytes += part.bytes - before;
      partly.delete(key);
      yield { ...part, reason: excess > 0 ? 'total-limit' : 'free-space' };
      if (excessOfAll() <= 0 && missingFree() <= 0) break;
    }
  }
  yield* partly.values();
}

/** All that has to go, or so much of it as is wanted at once. */
export function choosePrunes(
  state: OutputState,
  { piecesMax = Number.POSITIVE_INFINITY }: { piecesMax?: number } = {},
): readonly Prune[] {
  const prunes: Prune[] = [];
  for (const prune of choosing(state)) {
    if (prune !== undefined) prunes.push(prune);
    if (prunes.length >= piecesMax) break;
  }
  return prunes;
}

/** Every piece, in the order in which they go. */
function* oldestFirst({
  complete,
  open,
}: {
  complete: Iterable<TaskOutput>;
  open: Iterable<OpenOutput>;
}): Generator<OutputPiece | undefined, void, void> {
  let looked = 0;
  for (const { pieces } of complete) {
    yield* pieces;
    looked += 1;
    if (looked % outputsAtOnce === 0) yield undefined;
  }
  const outputs = [...open];
  yield* mergeByAge(outputs.map(({ segments }) => segments));
  yield* outputs.flatMap(({ raw }) => [...raw]).toSorted((one, other) => other.bytes - one.bytes);
}

/** Several series, each oldest first, as one. Reads only the first of each that is not yet given. */
export function* mergeByAge(series: readonly Iterable<OutputPiece>[]): Generator<OutputPiece, void, void> {
  const heads: { piece: OutputPiece; readonly rest: Iterator<OutputPiece, unknown> }[] = [];
  for (const pieces of series) {
    const rest = pieces[Symbol.iterator]();
    const first = rest.next();
    if (first.done !== true) heads.push({ piece: first.value, rest });
  }
  for (;;) {
    const oldest = heads.reduce<(typeof heads)[number] | null>(
      (found, head) => (found === null || head.piece.age < found.piece.age ? head : found),
      null,
    );
    if (oldest === null) return;
    yield oldest.piece;
    const next = oldest.rest.next();
    if (next.done === true) heads.splice(heads.indexOf(oldest), 1);
    else oldest.piece = next.value;
  }
}

function firstPart(piece: OutputPiece, needed: number): OutputPiece {
  if (!piece.divisible || needed >= piece.bytes) return piece;
  const to = Math.ceil((piece.from + needed) / blockBytes) * blockBytes;
  return to >= piece.to ? piece : { ...piece, to, bytes: to - piece.from };
}

function keyOf({ task, stream, from }: OutputPiece): string {
  return `${task}:${stream}:${from}`;
}

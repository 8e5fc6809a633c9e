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
  /** So many pieces are chosen at the most: what else has to go is chosen when these are gone. */
  readonly piecesMax: number;
}

/**
 * What has to go, in this order: of every task that is past its limit its own oldest output; then, as long as all of it
 * is too much or too little is left free, the output of the tasks that ended first, the oldest segments of those that
 * are still written, and at last the beginnings of the largest spools. Never more than is needed, and what is left of a
 * stream never has a gap.
 */
export function choosePrunes({
  suspects,
  complete,
  open,
  outputBytes,
  freeBytes,
  limits,
  piecesMax,
}: OutputState): readonly Prune[] {
  const prunes = new Map<string, Prune>();
  let takenBytes = 0;
  /** Takes so much of a piece, or what is left of it; one that is taken in two parts goes as one. */
  const take = (piece: OutputPiece, { needed, reason }: { needed: number; reason: PruneReason }): number => {
    const key = keyOf(piece);
    const before = prunes.get(key)?.bytes ?? 0;
    const part = firstPart(piece, before + needed);
    prunes.delete(key);
    prunes.set(key, { ...part, reason });
    takenBytes += part.bytes - before;
    return part.bytes - before;
  };
  for (const { bytes, pieces } of suspects) {
    let excess = bytes - limits.perTaskBytes;
    if (excess <= 0) continue;
    for (const piece of pieces) {
      excess -= take(piece, { needed: excess, reason: 'task-limit' });
      if (prunes.size >= piecesMax) return [...prunes.values()];
      if (excess <= 0) break;
    }
  }
  const excessOfAll = (): number => outputBytes - takenBytes - limits.totalBytes;
  const missingFree = (): number =>
    Math.min(limits.keepFreeBytes - freeBytes, outputBytes - limits.floorBytes) - takenBytes;
  if (excessOfAll() <= 0 && missingFree() <= 0) return [...prunes.values()];
  for (const piece of oldestFirst({ complete, open })) {
    if (prunes.get(keyOf(piece))?.to === piece.to) continue;
    const excess = excessOfAll();
    take(piece, {
      needed: Math.max(excess, missingFree()),
      reason: excess > 0 ? 'total-limit' : 'free-space',
    });
    if (prunes.size >= piecesMax || (excessOfAll() <= 0 && missingFree() <= 0)) break;
  }
  return [...prunes.values()];
}

/** Every piece, in the order in which they go. */
export function* oldestFirst({
  complete,
  open,
}: {
  complete: Iterable<TaskOutput>;
  open: Iterable<OpenOutput>;
}): Generator<OutputPiece, void, void> {
  for (const { pieces } of complete) yield* pieces;
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

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { passCrashPoint } from '../crash-point.ts';
import { FactAlreadyRecorded } from '../journal/append.ts';
import type { DataOf, Microseconds, StreamName, TaskId } from '../journal/events.ts';
import { finalSealBytes } from '../projections/stored-bytes.ts';
import type { Task } from '../projections/task.ts';
import type { Settings } from '../settings.ts';
import { streamNames } from '../stream-names.ts';
import type { Exclusive } from './exclusive.ts';
import { spaceOf } from './file-system.ts';
import { FloodWatch } from './flood-watch.ts';
import { LookAgain } from './look-again.ts';
import { OrderReader } from './order-index.ts';
import { findCut, writeSegment } from './segment-file.ts';
import { liesInSpool, moveAside } from './set-aside.ts';
import type { SupervisionContext } from './supervision-context.ts';
import { TaskFolder } from './task-folder.ts';

/** Segments that are written at once, over all tasks: compression is to leave the tasks most of the machine. */
const writersMax = 1;
/** So many segments behind, and speed counts more than size. */
const floodSegments = 2;

type RotationContext = Pick<SupervisionContext, 'journal' | 'table' | 'store' | 'kernel' | 'log' | 'self'> & {
  readonly settings: Settings;
  readonly tasksFolder: string;
  /** Whether what is in a segment can be given back in the spool. Where not, a task is only compressed at its end. */
  readonly holes: boolean;
  /** Held while a range is being cut, so that retention does not take it meanwhile. */
  readonly exclusive: Exclusive<TaskId>;
  /** How much more all output may take. */
  readonly roomBytes: () => number;
  /** After each segment: retention may have to act. */
  readonly onSealed: (task: TaskId) => void;
};

/**
 * Turns spools into segments: as soon as a stream is a segment's size past its last cut, and what is left when it is
 * complete. Each step may be the daemon's last: a file without its event is removed or written again, an event whose
 * range still lies in the spool has it given back again.
 */
export class Rotation implements AsyncDisposable {
  readonly #context: RotationContext;
  readonly #waiting = new Set<TaskId>();
  readonly #writers = new Set<Promise<void>>();
  readonly #floods: FloodWatch;
  /** Of a task that has ended, nothing else would come again. */
  readonly #room = new LookAgain(this.considerAll.bind(this));
  #disposed = false;

  constructor(context: RotationContext) {
    this.#context = context;
    this.#floods = new FloodWatch({ roomBytes: context.roomBytes, again: this.consider.bind(this) });
  }

  /** Cuts a task's streams when they are due, one task after the other. Cheap when nothing is. */
  consider(id: TaskId): void {
    if (this.#disposed || this.#waiting.has(id)) return;
    if (this.#context.table.get(id)?.log.kind === 'closed') this.#floods.forget(id);
    if (!this.#isDue(id)) {
      this.#removeEmptySpools(id);
      return;
    }
    if (!this.#hasRoom()) this.#room.later();
    else if (!this.#letsLie(id)) {
      this.#room.startOver();
      this.#waiting.add(id);
      this.#next();
    }
  }

  /**
   * Puts right what a crash left of a task's segments: half a file and one without its event are removed, and what is
   * sealed is given back once more.
   */
  recover(id: TaskId): void {
    const task = this.#context.table.get(id);
    if (task === undefined) return;
    const folder = this.#folder(id);
    folder.demandOwn();
    for (const name of existsSync(folder.path) ? readdirSync(folder.path) : []) {
      const [, stream, index, temporary] = /^(stdout|stderr)\.(\d+)\.gz(\.tmp)?$/.exec(name) ?? [];
      if (stream !== 'stdout' && stream !== 'stderr') continue;
      const path = join(folder.path, name);
      if (temporary !== undefined) rmSync(path);
      else if (Number(index) >= task.stored[stream].segments) this.#clear(path, { task, stream, index: Number(index) });
    }
    for (const stream of streamNames) {
      if (task.stored[stream].sealedTo > 0) this.#inBackground(this.#giveBack(id, stream));
    }
    this.consider(id);
  }

  /**
   * A segment without an event: a crash came in between, and the next cut makes it again. But where the events were lost
   * and not the files, nothing else has its bytes.
   */
  #clear(path: string, { task, stream, index }: { task: Task; stream: StreamName; index: number }): void {
    const { segments, sealedTo } = task.stored[stream];
    const spool = this.#folder(task.id).stream(stream);
    if (index === segments && liesInSpool(path, { spool, from: sealedTo })) {
      rmSync(path);
      return;
    }
    moveAside(dirname(this.#context.tasksFolder), path);
    this.#context.log.warn('a segment that no event tells of was put aside', { task: task.id, file: basename(path) });
  }

  /**
   * What a starting daemon does for every task: `recover` for those with something left to do, nothing for the rest.
   * @param openBefore those whose output was open when it found them: since then it may have closed it, with too little of
   *   it left to be compressed.
   */
  recoverAll({ openBefore }: { readonly openBefore: Iterable<TaskId> }): void {
    for (const id of new Set([...openBefore, ...this.#unfinished()])) {
      try {
        this.recover(id);
      } catch (error) {
        // What is wrong with one task's folder keeps the daemon from nothing else.
        this.#context.log.error('what a crash left of a log could not be put right', {
          task: id,
          error: String(error),
        });
      }
    }
  }

  /** Considers every task: after a time in which there was no room. */
  considerAll(): void {
    for (const id of this.#unfinished()) this.consider(id);
  }

  /** No more cuts; the one that is being made is finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#waiting.clear();
    this.#floods[Symbol.dispose]();
    this.#room[Symbol.dispose]();
    await Promise.all(this.#writers);
  }

  /** Those that write or have something left to be compressed; of the one compressed last, the spool may be left. */
  #unfinished(): ReadonlySet<TaskId> {
    return new Set([...this.#context.table.current.openLogs, ...this.#context.store.unsealed()]);
  }

  #folder(id: TaskId): TaskFolder {
    return new TaskFolder(this.#context.tasksFolder, id);
  }

  #next(): void {
    if (this.#disposed || this.#writers.size >= writersMax) return;
    const [id] = this.#waiting;
    if (id === undefined) return;
    this.#inBackground(this.#cutNext(id));
  }

  #inBackground(work: Promise<void>): void {
    const writer = work
      .catch((error: unknown) => {
        if (error instanceof FactAlreadyRecorded) return;
        this.#context.log.error('a log could not be compressed', { error: String(error) });
      })
      .finally(() => {
        this.#writers.delete(writer);
        this.#next();
      });
    this.#writers.add(writer);
  }

  /** One range, and then the others' turn: a task that floods does not keep them from being compressed. */
  async #cutNext(id: TaskId): Promise<void> {
    try {
      const stream = streamNames.find((name) => this.#rangeDue(id, name) !== null);
      if (stream !== undefined) await this.#context.exclusive.run(id, () => this.#cut(id, stream));
    } finally {
      this.#waiting.delete(id);
    }
    // What became due meanwhile was not heard.
    this.consider(id);
  }

  #letsLie(id: TaskId): boolean {
    const task = this.#context.table.get(id);
    if (task?.log.kind !== 'open') return false;
    const folder = this.#folder(id);
    const bytes = folder.size('stdout') + folder.size('stderr');
    const lyingBytes = bytes - task.stored.stdout.sealedTo - task.stored.stderr.sealedTo;
    return this.#floods.letsLie(id, { bytes, lyingBytes });
  }

  /** A segment is at most about as large as its range. Without that room it would fail, and be tried at each growth. */
  #hasRoom(): boolean {
    const { tasksFolder, settings } = this.#context;
    return spaceOf(tasksFolder).freeBytes >= settings.logs.segmentBytes;
  }

  #isDue(id: TaskId): boolean {
    return this.#rangeDue(id, 'stdout') !== null || this.#rangeDue(id, 'stderr') !== null;
  }

  /** What may be compressed now: a whole segment's size, or all that is left of a complete stream. */
  #rangeDue(id: TaskId, stream: StreamName): { readonly from: number; readonly to: number } | null {
    const task = this.#context.table.get(id);
    if (task === undefined) return null;
    const { segmentBytes } = this.#context.settings.logs;
    const { sealedTo: from, segments } = task.stored[stream];
    const size = this.#folder(id).size(stream);
    // It would lie there twice, until the end.
    if (task.log.kind === 'open' && !this.#context.holes) return null;
    if (size - from >= segmentBytes) return { from, to: from + segmentBytes };
    if (task.log.kind === 'open' || size <= from) return null;
    return segments > 0 || size - from >= finalSealBytes ? { from, to: size } : null;
  }

  async #cut(id: TaskId, stream: StreamName): Promise<void> {
    const range = this.#rangeDue(id, stream);
    const task = this.#context.table.get(id);
    if (range === null || task === undefined) return;
    const folder = this.#folder(id);
    folder.demandOwn();
    const spool = folder.stream(stream);
    const { from } = range;
    const complete = task.log.kind === 'closed' && range.to === folder.size(stream);
    const to = complete ? range.to : await findCut(spool, range);
    const stored = task.stored[stream];
    const file = `${stream}.${String(stored.segments).padStart(4, '0')}.gz`;
    const behind = folder.size(stream) - from;
    const path = join(folder.path, file);
    const facts = await writeSegment({
      spool,
      from,
      to,
      path,
      linesBefore: stored.sealedLines,
      fast: behind > floodSegments * this.#context.settings.logs.segmentBytes,
    }).catch((error: unknown) => {
      // On a full disk half a segment is in nobody's way but its own.
      rmSync(`${path}.tmp`, { force: true });
      throw error;
    });
    await this.#record(id, {
      stream,
      index: stored.segments,
      from,
      to,
      linesBefore: stored.sealedLines,
      ...facts,
      file,
      ...this.#timesOf(folder, { stream, from, to }),
    });
    passCrashPoint('segment.sealed');
    await this.#giveBack(id, stream);
    passCrashPoint('segment.given-back');
    this.#context.onSealed(id);
  }

  async #record(id: TaskId, data: DataOf<'LogSegmentSealed'>): Promise<void> {
    const { journal, self } = this.#context;
    await journal.append([{ type: 'LogSegmentSealed', task: id, actor: self, data }], { durability: 'full' });
  }

  #timesOf(
    folder: TaskFolder,
    { stream, from, to }: { stream: StreamName; from: number; to: number },
  ): { firstAt: Microseconds | null; lastAt: Microseconds | null } {
    using order = new OrderReader(folder.order);
    const at = (offset: number): Microseconds | null => order.at(order.firstReaching(stream, offset))?.at ?? null;
    return { firstAt: at(from + 1), lastAt: at(to) };
  }

  /** What is in segments need not lie in the spool too. Offsets stay: a hole has no blocks and keeps the length. */
  async #giveBack(id: TaskId, stream: StreamName): Promise<void> {
    const sealedTo = this.#context.table.get(id)?.stored[stream].sealedTo ?? 0;
    const folder = this.#folder(id);
    folder.demandOwn();
    const spool = folder.stream(stream);
    if (!this.#context.holes || !existsSync(spool)) return;
    if ((await this.#context.kernel.punchHole(spool, { from: 0, to: sealedTo })) === true) return;
    this.#context.log.warnOnce('the space of compressed output could not be given back', { task: id, stream });
  }

  /** A complete stream that is all in segments needs its spool no more. Readers that have it open go on. */
  #removeEmptySpools(id: TaskId): void {
    const task = this.#context.table.get(id);
    if (task?.log.kind !== 'closed') return;
    const sizes = { stdout: task.log.stdoutBytes, stderr: task.log.stderrBytes };
    const sealed = streamNames.filter((stream) => {
      const { sealedTo } = task.stored[stream];
      return sealedTo > 0 && sealedTo >= sizes[stream];
    });
    const folder = this.#folder(id);
    if (sealed.length > 0) folder.demandOwn();
    for (const stream of sealed) rmSync(folder.stream(stream), { force: true });
    if (sealed.length > 0) folder.removeEmptySpool();
  }
}

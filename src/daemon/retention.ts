import type { Actor, TaskId } from '../journal/events.ts';
import type { TaskStore } from '../projections/task-store.ts';
import type { Settings } from '../settings.ts';
import { Turns } from '../turns.ts';
import { type FileSystemSpace, spaceOf } from './file-system.ts';
import { type RemovalContext, finishRemovals, removeOutput } from './remove-output.ts';
import {
  type OpenOutput,
  type OutputState,
  type Prune,
  type RetentionLimits,
  choosePrunes,
  choosing,
} from './retention-policy.ts';
import { retryMs } from './retries.ts';
import { StoredOutput } from './stored-output.ts';

/** While output grows, how often what all of it takes is held against the limits. */
const lookEveryMs = 500;
/**
 * So many pieces are taken at once, and everybody else has his turn before the next: where the limits were lowered, a
 * million tasks may have to give up theirs.
 */
export const prunesAtOnce = 256;
/**
 * What stays of all output however little room others leave on the disk, or a hundredth of it where that is less: on a
 * disk that is nearly full anyway, the end of what a task printed is worth more than these few bytes.
 */
export const floorBytesMax = 64 * 2 ** 20;
const floorPart = 0.01;

type RetentionContext = RemovalContext & {
  readonly store: TaskStore;
  readonly settings: Settings;
  /** Whether the beginning of a spool can be taken while it is written. */
  readonly holes: boolean;
  /** The daemon as the actor of what it does by itself. */
  readonly self: Actor;
};

/**
 * Keeps what all tasks wrote within the limits of the settings. It looks when output has grown, and never while nothing
 * happens; what goes is chosen by `choosePrunes`.
 */
export class Retention implements AsyncDisposable {
  readonly #context: RetentionContext;
  readonly #output: StoredOutput;
  readonly #changed = new Set<TaskId>();
  readonly #turns = new Turns();
  #timer: NodeJS.Timeout | null = null;
  #disposed = false;

  /** Looks at all that is there: to be made when the table is up to date. */
  constructor(context: RetentionContext) {
    this.#context = context;
    this.#output = new StoredOutput(context);
  }

  /** Finishes what a killed daemon left half done, and holds everything against the limits, which may be new ones. */
  begin(): void {
    this.#turns
      .take(async () => {
        const finished = await finishRemovals(this.#context);
        if (finished > 0) this.#context.log.info('the prunes of a daemon that was killed are finished', { finished });
      })
      .catch(this.#tellFailure);
    const { perTaskBytes } = this.#context.settings.logs;
    for (const id of this.#output.over(perTaskBytes)) this.#changed.add(id);
    this.#look({ afterMs: lookEveryMs });
  }

  /** Says that a task's output has grown, was compressed, or is complete. Cheap. */
  noteChange(id: TaskId): void {
    this.#changed.add(id);
    this.#look({ afterMs: lookEveryMs });
  }

  /** What the limits would take now, as `choosing` gives it. */
  choosing(): Generator<Prune | undefined, void, void> {
    return choosing(this.#state());
  }

  /** How much more all output may take, as of the last look at each task. */
  get roomBytes(): number {
    const space = spaceOf(this.#context.tasksFolder);
    const { totalBytes, keepFreeBytes } = limitsOf(this.#context.settings, space);
    return Math.max(0, Math.min(totalBytes - this.#output.bytes, space.freeBytes - keepFreeBytes));
  }

  /** All output as it is now, for whoever chooses by other rules. */
  get output(): StoredOutput {
    this.#measureChanged();
    return this.#output;
  }

  /**
   * Takes away what is chosen, after whatever is being taken away now.
   * @returns what went, which may be less: a range can have been compressed since it was chosen.
   * @throws GhostError `journal-write-failed`.
   */
  async prune(choose: () => readonly Prune[], { actor }: { actor: Actor }): Promise<readonly Prune[]> {
    return await this.#turns.take(async () => {
      const prunes = choose();
      if (prunes.length === 0) return prunes;
      const removed = await removeOutput(this.#context, prunes, { actor });
      for (const { task } of removed) this.#output.measure(task);
      return removed;
    });
  }

  /** What is being taken away is taken whole; nothing more is begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#turns.settled();
  }

  #look({ afterMs }: { afterMs: number }): void {
    if (this.#timer !== null || this.#disposed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#enforce().catch(this.#tellFailure);
    }, afterMs);
    this.#timer.unref();
  }

  async #enforce(): Promise<void> {
    const { self, log } = this.#context;
    const looked = new Set<TaskId>();
    const removed = await this.prune(
      () => {
        const prunes = choosePrunes(this.#state(), { piecesMax: prunesAtOnce });
        for (const id of this.#changed) looked.add(id);
        this.#changed.clear();
        return prunes;
      },
      { actor: self },
    ).catch((error: unknown) => {
      // A complete task's output changes no more: nothing else would bring it here again.
      for (const id of looked) this.#changed.add(id);
      throw error;
    });
    if (removed.length === 0) return;
    const bytes = removed.reduce((sum, piece) => sum + piece.bytes, 0);
    log.info('output was taken to stay within the limits', { pieces: removed.length, bytes });
    // What was taken is not always enough at once: a range that was being compressed is looked at again.
    for (const id of looked) this.#changed.add(id);
    this.#look({ afterMs: removed.length < prunesAtOnce ? lookEveryMs : 0 });
  }

  readonly #tellFailure = (error: unknown): void => {
    this.#context.log.error('the limits of the output could not be kept; it is tried again', { error: String(error) });
    for (const id of this.#context.table.current.openLogs) this.#changed.add(id);
    this.#look({ afterMs: retryMs });
  };

  #state(): OutputState {
    const space = spaceOf(this.#context.tasksFolder);
    this.#measureChanged();
    return {
      suspects: [...this.#changed].map((id) =>
        this.#context.holes ? this.#output.outputOf(id) : this.#output.compressedOf(id),
      ),
      complete: this.#output.complete(),
      open: this.#open(),
      outputBytes: this.#output.bytes,
      freeBytes: space.freeBytes,
      limits: limitsOf(this.#context.settings, space),
    };
  }

  #measureChanged(): void {
    for (const id of this.#changed) this.#output.measure(id);
  }

  *#open(): Generator<OpenOutput, void, void> {
    for (const { segments, raw } of this.#output.open()) yield { segments, raw: this.#context.holes ? raw : [] };
  }
}

/** What the settings allow on a file system. */
export function limitsOf({ logs }: Settings, { totalBytes }: Pick<FileSystemSpace, 'totalBytes'>): RetentionLimits {
  const { kind, value } = logs.total;
  return {
    perTaskBytes: logs.perTaskBytes,
    totalBytes: kind === 'bytes' ? value : Math.floor((totalBytes * value) / 100),
    keepFreeBytes: logs.keepFreeBytes,
    floorBytes: Math.min(floorBytesMax, Math.floor(totalBytes * floorPart)),
  };
}

import type { TaskId } from '../journal/events.ts';

/** Over how long the growth of a task's output is measured, and how often it is looked at while it is left to lie. */
export const windowMs = 50;
/** What grows faster is a flood: about what zlib at its fastest keeps up with. */
export const floodBytesPerMs = 64 * 1024;
/** So much of a task's output may lie there uncompressed while it floods, and at most a quarter of the room there is. */
export const lyingBytesMax = 2 ** 30;
const lyingPartOfRoom = 0.25;

interface Look {
  readonly atMs: number;
  readonly bytes: number;
  readonly floods: boolean;
}

/**
 * Which outputs come faster than they can be compressed. To compress them meanwhile takes a processor from the task and
 * from its pump, and does not catch up anyway: they are left to lie until the flood ebbs, or until they lie too high.
 */
export class FloodWatch implements Disposable {
  readonly #roomBytes: () => number;
  readonly #again: (task: TaskId) => void;
  readonly #nowMs: () => number;
  readonly #looks = new Map<TaskId, Look>();
  readonly #timers = new Map<TaskId, NodeJS.Timeout>();

  constructor({
    roomBytes,
    again,
    nowMs = () => performance.now(),
  }: {
    /** How much more all output may take; asked for once in a window. */
    roomBytes: () => number;
    /** Told some time after a task's output was left to lie: where the flood stops, nothing else may come for hours. */
    again: (task: TaskId) => void;
    /** A clock that nobody sets. */
    nowMs?: () => number;
  }) {
    this.#roomBytes = roomBytes;
    this.#again = again;
    this.#nowMs = nowMs;
  }

  /**
   * Whether the output of a task that still writes is to be left to lie for now.
   * @param bytes what it has written so far.
   * @param lyingBytes what of that is not compressed.
   */
  letsLie(id: TaskId, { bytes, lyingBytes }: { bytes: number; lyingBytes: number }): boolean {
    const floods = this.#floods(id, { bytes, lyingBytes });
    if (floods && !this.#timers.has(id)) {
      const timer = setTimeout(() => {
        this.#timers.delete(id);
        this.#again(id);
      }, windowMs);
      this.#timers.set(id, timer);
    }
    return floods;
  }

  /** Forgets a task that writes no more. */
  forget(id: TaskId): void {
    this.#looks.delete(id);
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  [Symbol.dispose](): void {
    for (const id of this.#timers.keys()) this.forget(id);
  }

  #floods(id: TaskId, { bytes, lyingBytes }: { bytes: number; lyingBytes: number }): boolean {
    const atMs = this.#nowMs();
    const last = this.#looks.get(id);
    if (last !== undefined && atMs - last.atMs < windowMs) return last.floods;
    // The first look tells nothing: what is compressed because of it also tells how much smaller the rest will be.
    const grows = last !== undefined && (bytes - last.bytes) / (atMs - last.atMs) >= floodBytesPerMs;
    const floods = grows && lyingBytes < Math.min(lyingBytesMax, this.#roomBytes() * lyingPartOfRoom);
    this.#looks.set(id, { atMs, bytes, floods });
    return floods;
  }
}

import { type FSWatcher, closeSync, constants, openSync, watch } from 'node:fs';

import type { Clock } from '../clock.ts';
import { passCrashPoint } from '../crash-point.ts';
import { errorCode } from '../error-code.ts';
import type { Microseconds, StreamName } from '../journal/events.ts';
import type { LogCursor } from '../protocol/messages.ts';
import type { DaemonLog } from './daemon-log.ts';
import type { Kernel } from './kernel.ts';
import { OrderWriter } from './order-index.ts';
import type { TaskFolder } from './task-folder.ts';

/** So many wake-ups within so many milliseconds are a flood. */
const floodWakeUps = 32;
const floodWindowMs = 100;
/** How often a flooding task's spools are looked at instead: some 30 times a second. */
const floodPollMs = 33;
/** So many looks in a row without growth, and the flood is over. */
const floodQuietLooks = 15;
/**
 * How often to look where the system gives no watch (its limit is reached: inotify(7)), and how seldom where nothing
 * comes and nobody follows.
 */
const unwatchedPollMs = 100;
const unwatchedQuietPollMs = 1_000;

/**
 * Notes when a task's streams grow and in which order. The spools are watched while they are quiet, so that times and
 * order are good to about a millisecond; polled while they flood, so that a million small writes do not cost a million
 * wake-ups; and left alone while nothing happens.
 *
 * One watch on the folder, not one on each file in it. Measured with 2,000 tasks on Linux 6 (Node 24, two cores): 1 watch
 * a task against 2 (3 with the status file), 2.3 KB of memory against 6.6, 35 to 50 ms to set all up against 80 to 100;
 * from a write to the wake-up 0.06 ms (p99 0.13) against 0.05 (0.11), and a burst of 10,000 writes costs the same. The
 * folder is half as far from the limit of watches, and what the shim notes is heard through it as well.
 *
 * Where that limit is reached the other tasks are polled, which is said once in the daemon's log: 2,000 of them looked at
 * ten times a second would take most of a core, so that one which is silent and has no follower is looked at once a
 * second; a follower's line is then at most 0.1 s late. The end of a task is heard from its shim in any case. On macOS,
 * where ghost does not run yet, fs.watch of a folder is FSEvents, which tells of changes late and several at once
 * (some 50 ms and more), and a watch on a file is kqueue with a descriptor each: there it would be a watch a file while
 * there are descriptors, and polling past that.
 */
export class OutputRecorder implements Disposable {
  readonly #folder: TaskFolder;
  readonly #clock: Clock;
  readonly #log: DaemonLog;
  readonly #onStatus: () => void;
  readonly #writer: OrderWriter;
  readonly #listeners = new Set<() => void>();
  #followers = 0;
  /** While it is polled: shortens the wait for the next look to the shortest. */
  #lookSoon: (() => void) | null = null;
  #watcher: FSWatcher | null = null;
  #poll: NodeJS.Timeout | null = null;
  #wakeUps = 0;
  #windowStart = 0;
  #disposed = false;

  constructor(
    folder: TaskFolder,
    {
      clock,
      log,
      onStatus,
      adopted,
    }: {
      clock: Clock;
      log: DaemonLog;
      onStatus: () => void;
      /** Notes what is there already as unseen. */ adopted: boolean;
    },
  ) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.#onStatus = onStatus;
    // Somebody may have removed it to make room: the task goes on, and so does what is kept of it.
    folder.create();
    this.#writer = new OrderWriter(folder.order);
    try {
      if (adopted) this.#note(this.#folder.sizes(), { at: null });
      this.#beginWatch();
    } catch (error) {
      // Tried again every few seconds: nothing must stay open each time.
      this.#endWatch();
      this.#writer[Symbol.dispose]();
      throw error;
    }
  }

  /** Notes now what the streams have. @returns how far they have come. */
  noteNow(): LogCursor {
    if (this.#disposed) return this.#writer.last;
    const sizes = this.#folder.sizes();
    switch (this.#note(sizes, { at: this.#clock() })) {
      case 'more':
        passCrashPoint('order.noted');
        for (const listener of this.#listeners) listener();
        return this.#writer.last;
      case 'nothing':
        return this.#writer.last;
      case 'failed':
        return sizes;
    }
  }

  /** Calls the listener whenever a stream has grown. Returns how to stop it. */
  onGrowth(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The same for somebody who waits for the next line, and is not to wait longer than need be. */
  follow(listener: () => void): () => void {
    const stop = this.onGrowth(listener);
    this.#followers += 1;
    this.#lookSoon?.();
    return () => {
      stop();
      this.#followers -= 1;
    };
  }

  /** Whether nothing waits in a stream's pipe. True where that cannot be asked. */
  fifoIsEmpty(stream: StreamName, kernel: Kernel): boolean {
    let descriptor: number | null = null;
    try {
      descriptor = openSync(this.#folder.fifo(stream), constants.O_RDONLY | constants.O_NONBLOCK);
      return (kernel.bytesInPipe(descriptor) ?? 0) === 0;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return true;
      throw error;
    } finally {
      if (descriptor !== null) closeSync(descriptor);
    }
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.noteNow();
    this.#disposed = true;
    this.#endWatch();
    this.#endPoll();
    this.#writer[Symbol.dispose]();
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  /** On a full disk the daemon lives on: what cannot be noted now is noted with the next growth. */
  #note(sizes: LogCursor, { at }: { at: Microseconds | null }): 'more' | 'nothing' | 'failed' {
    try {
      const { stdout, stderr } = this.#writer.last;
      // A record that tells of both has stdout first. On a loaded machine both have grown where stderr was the first.
      const both = sizes.stdout > stdout && sizes.stderr > stderr;
      if (both && this.#folder.lastWritten() === 'stdout') this.#writer.note({ stdout, stderr: sizes.stderr }, { at });
      return this.#writer.note(sizes, { at }) ? 'more' : 'nothing';
    } catch (error) {
      this.#log.warnOnce('the order of output cannot be noted', { error: String(error) });
      return 'failed';
    }
  }

  #beginWatch(): void {
    try {
      this.#watcher = watch(this.#folder.spool, { persistent: false }, (_, name) => {
        this.#wake(name);
      });
      this.#watcher.on('error', (error) => {
        this.#watchFailed(error);
      });
    } catch (error) {
      this.#watchFailed(error);
    }
    // What came while nobody watched.
    this.noteNow();
  }

  #watchFailed(error: unknown): void {
    this.#log.warnOnce(
      'the system gives no more watches (fs.inotify.max_user_watches and max_user_instances say how many): tasks are polled instead',
      { error: String(error) },
    );
    this.#endWatch();
    this.#beginPoll({
      everyMs: unwatchedPollMs,
      quietMs: unwatchedQuietPollMs,
      untilQuiet: Number.POSITIVE_INFINITY,
    });
  }

  #wake(name: string | null): void {
    if (this.#disposed) return;
    if (name !== 'stdout' && name !== 'stderr') {
      this.#onStatus();
      if (name !== null) return;
    }
    this.noteNow();
    const now = performance.now();
    if (now - this.#windowStart > floodWindowMs) {
      this.#windowStart = now;
      this.#wakeUps = 0;
    }
    this.#wakeUps += 1;
    if (this.#wakeUps < floodWakeUps) return;
    this.#endWatch();
    this.#beginPoll({ everyMs: floodPollMs, quietMs: floodPollMs, untilQuiet: floodQuietLooks });
  }

  #beginPoll({ everyMs, quietMs, untilQuiet }: { everyMs: number; quietMs: number; untilQuiet: number }): void {
    if (this.#poll !== null || this.#disposed) return;
    let quiet = 0;
    let waitMs = everyMs;
    let last = this.#writer.last;
    const lookIn = (delayMs: number): void => {
      this.#poll = setTimeout(look, delayMs).unref();
    };
    this.#lookSoon = () => {
      if (waitMs === everyMs) return;
      waitMs = everyMs;
      if (this.#poll !== null) clearTimeout(this.#poll);
      lookIn(everyMs);
    };
    const look = (): void => {
      const next = this.noteNow();
      this.#onStatus();
      if (this.#disposed) return;
      // Compared by value: what cannot be noted on a full disk is a new object at each look.
      quiet = next.stdout === last.stdout && next.stderr === last.stderr ? quiet + 1 : 0;
      last = next;
      if (quiet < untilQuiet) {
        waitMs = quiet === 0 || this.#followers > 0 ? everyMs : Math.min(waitMs * 2, quietMs);
        lookIn(waitMs);
        return;
      }
      this.#endPoll();
      this.#beginWatch();
      // What was noted in between rang no bell.
      this.#onStatus();
    };
    lookIn(everyMs);
  }

  #endWatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  #endPoll(): void {
    if (this.#poll !== null) clearTimeout(this.#poll);
    this.#poll = null;
    this.#lookSoon = null;
  }
}

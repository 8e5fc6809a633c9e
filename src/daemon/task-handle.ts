import { closeSync } from 'node:fs';

import type { ProcessIdentity } from '../journal/events.ts';
import { outcomeOfWaitStatus } from './status-file.ts';
import type { SupervisionContext } from './supervision-context.ts';

/** How long the parent of an orphaned task may take to collect it, after which its exit status cannot be had. */
const reapedWithinMs = 1_000;

/**
 * What the kernel gives to know and signal one task by, whoever gets its pid later: a pidfd, which also tells how the
 * task ended when everybody else has forgotten. Empty where the kernel has none (kernel.ts).
 */
export class TaskHandle implements Disposable {
  readonly #context: Pick<SupervisionContext, 'kernel' | 'processes' | 'openFiles' | 'log'>;
  #pidfd: number | null = null;
  #goneSince: number | null = null;

  constructor(context: Pick<SupervisionContext, 'kernel' | 'processes' | 'openFiles' | 'log'>) {
    this.#context = context;
  }

  /** The descriptor that stands for the task, or null where there is none. */
  get pidfd(): number | null {
    return this.#pidfd;
  }

  /** Opened by pid, and kept only if that is the very process that was noted. */
  hold(identity: ProcessIdentity): void {
    if (this.#pidfd !== null) return;
    const pidfd = this.#context.kernel.openPidfd(identity.pid);
    if (pidfd === null) return;
    const { openFiles, processes, log } = this.#context;
    if (openFiles.isScarce(pidfd)) {
      log.warnOnce(
        'so many files are open that tasks are followed without a descriptor of their own (see: ulimit -n)',
        {
          limit: openFiles.limit,
        },
      );
      closeSync(pidfd);
      return;
    }
    let kept = false;
    try {
      kept = processes.isAlive(identity);
    } finally {
      if (kept) this.#pidfd = pidfd;
      else closeSync(pidfd);
    }
  }

  /** How the task ended, once it is gone and collected, or null where the kernel does not say. */
  outcome(): ReturnType<typeof outcomeOfWaitStatus> | null {
    const status = this.#pidfd === null ? null : this.#context.kernel.waitStatus(this.#pidfd);
    return status === null ? null : outcomeOfWaitStatus(status);
  }

  /** The same before whoever inherited the task has collected it. */
  outcomeOfZombie(identity: ProcessIdentity): ReturnType<typeof outcomeOfWaitStatus> | null {
    const status = this.#context.processes.waitStatusOfZombie(identity);
    return status === null ? null : outcomeOfWaitStatus(status);
  }

  /** Whether the kernel may yet come to tell how a task ended that is gone. To be asked from when it was found gone. */
  mayStillTell(): boolean {
    const now = performance.now();
    this.#goneSince ??= now;
    return this.#pidfd !== null && now - this.#goneSince < reapedWithinMs;
  }

  [Symbol.dispose](): void {
    if (this.#pidfd !== null) closeSync(this.#pidfd);
    this.#pidfd = null;
  }
}

import type { Subscription } from 'rxjs';

import { FactAlreadyRecorded } from '../journal/append.ts';
import type { Actor, DataOf, EventOf, JournalEvent, TaskId } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import { events$ } from '../projections/project.ts';
import { textStart } from '../text-start.ts';
import { ticksPerSecond, uptimeSeconds } from './boot-clock.ts';
import type { DaemonLog } from './daemon-log.ts';
import type { KernelLog } from './kernel-log.ts';
import { type MemoryKills, killsByNow, memoryKillsOf } from './memory-kills.ts';

interface OutOfMemoryOptions {
  readonly journal: Journal;
  readonly log: DaemonLog;
  readonly self: Actor;
  readonly kernelLog: KernelLog;
  /** How the kernel's count for a process is had. */
  readonly memoryKills?: (pid: number) => MemoryKills | null;
}

/** A clock tick and the drift of the clocks that are compared. */
const slackUs = 2_000_000;
/** So much of a line of the kernel's is kept, in characters (UTF-16). */
export const messageCharactersMax = 400;

/**
 * Looks for evidence whenever SIGKILL ended a task and ghost had sent none: a line of the kernel's log that names the
 * task's process, else a count of the task's cgroup that went up while it ran. Found, it is recorded right after the
 * exit; where nothing says so, nothing is claimed. What a daemon that died did not remember (the count at the start)
 * is counted from the adoption on.
 */
export class OutOfMemory implements AsyncDisposable {
  readonly #options: OutOfMemoryOptions;
  readonly #memoryKills: (pid: number) => MemoryKills | null;
  readonly #before = new Map<TaskId, MemoryKills>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #subscription: Subscription;

  /** Sees everything that is committed from now on. */
  constructor(options: OutOfMemoryOptions) {
    this.#options = options;
    this.#memoryKills = options.memoryKills ?? ((pid) => memoryKillsOf(pid));
    const { journal } = options;
    this.#subscription = events$(journal, { after: journal.lastSeq }).subscribe((batch) => {
      for (const event of batch) this.#take(event);
    });
  }

  /** What is being looked for is looked for to its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription.unsubscribe();
    await Promise.all(this.#underWay);
  }

  #take(event: JournalEvent): void {
    if (event.type === 'TaskStarted') this.#remember(event.task, event.data.identity.pid);
    else if (event.type === 'TaskAdopted' && event.data.pid !== null) this.#remember(event.task, event.data.pid);
    else if (event.type === 'TaskExited') this.#takeExit(event);
    else if (event.type === 'TaskLost') this.#before.delete(event.task);
  }

  #remember(task: TaskId, pid: number): void {
    try {
      const kills = this.#memoryKills(pid);
      if (kills !== null) this.#before.set(task, kills);
    } catch (error) {
      // No descriptor left, say. What is thrown at a subscription ends the daemon; here one kind of evidence is missing.
      this.#options.log.warn('the count of what was killed for memory could not be read at a start', {
        task,
        error: String(error),
      });
    }
  }

  #takeExit(event: EventOf<'TaskExited'>): void {
    const { outcome } = event.data;
    const before = this.#before.get(event.task) ?? null;
    this.#before.delete(event.task);
    if (outcome.kind !== 'signaled' || outcome.signal !== 'SIGKILL') return;
    const looking = this.#explain(event, before)
      .catch((error: unknown) => {
        if (error instanceof FactAlreadyRecorded) return;
        this.#options.log.error('why a task was killed could not be looked for', {
          task: event.task,
          error: String(error),
        });
      })
      .finally(() => this.#underWay.delete(looking));
    this.#underWay.add(looking);
  }

  async #explain({ task, data: { attempt } }: EventOf<'TaskExited'>, before: MemoryKills | null): Promise<void> {
    const { journal, self } = this.#options;
    const events = journal.readTask(task);
    if (events.some((event) => event.type === 'SignalRequested' && event.data.signal === 'SIGKILL')) return;
    const started = events.findLast((event) => event.type === 'TaskStarted');
    const seen = (started === undefined ? null : await this.#inKernelLog(started)) ?? inCgroup(before);
    if (seen === null) return;
    await journal.append([{ type: 'OutOfMemorySeen', task, actor: self, data: { attempt, ...seen } }], {
      durability: 'normal',
    });
  }

  /** The kernel names the pid; that it was this process shows by the time, since pids are used again. */
  async #inKernelLog({ data: { identity } }: EventOf<'TaskStarted'>): Promise<Seen | null> {
    const killed = new RegExp(`\\b(?:out of memory|oom-kill).*?\\bKill(?:ed)? process ${identity.pid}\\b`, 'i');
    const startedUs = (Number(identity.startTime) / ticksPerSecond) * 1_000_000 - sleptUs() - slackUs;
    for await (const { atUs, text } of this.#options.kernelLog()) {
      if (atUs < startedUs || !killed.test(text)) continue;
      return { evidence: 'kernel-log', message: textStart(text, messageCharactersMax) };
    }
    return null;
  }
}

type Seen = Pick<DataOf<'OutOfMemorySeen'>, 'evidence' | 'message'>;

function inCgroup(before: MemoryKills | null): Seen | null {
  const now = before === null ? null : killsByNow(before);
  if (before === null || now === null || now <= before.count) return null;
  const message = `the count of processes of its cgroup ${before.cgroup} that were killed for memory went from ${before.count} to ${now} while it ran`;
  return { evidence: 'cgroup', message };
}

/** How long the machine has slept since boot: a process's start counts that, the kernel's log does not. */
function sleptUs(): number {
  const upSeconds = uptimeSeconds();
  return Math.max(0, upSeconds * 1_000_000 - Number(process.hrtime.bigint() / 1000n));
}

import { passCrashPoint } from '../crash-point.ts';
import { FactAlreadyRecorded } from '../journal/append.ts';
import type { EventDraft, Microseconds, Outcome, ProcessIdentity, TaskId } from '../journal/events.ts';
import { microsecondsAt } from '../microseconds.ts';
import type { EndedStatus, RunningStatus, TaskStatus } from '../projections/task.ts';
import { EndTime } from './end-time.ts';
import { finalLengths } from './final-lengths.ts';
import { LookAgain } from './look-again.ts';
import { OutputRecorder } from './output-recorder.ts';
import { Pumps, pumpRestarted } from './pumps.ts';
import type { WaitingShim } from './spawn.ts';
import { type ShimStatus, outcomeOfShell, parseStatus, reasonOfAbort } from './status-file.ts';
import type { SupervisionContext, SupervisionDraft } from './supervision-context.ts';
import type { TaskFolder } from './task-folder.ts';
import { TaskHandle } from './task-handle.ts';

/**
 * Looks after one task from the moment that its shim exists until its streams are complete: turns what the shim notes
 * into events. It holds no state of its own that matters: everything is in the status file and the journal, so that
 * the next daemon's supervision of the same task goes on where this one was killed.
 *
 *   spawned ── start line ──▶ running ── exit line, or shim and task gone ──▶ ended ── shim and pumps gone ──▶ done
 *      └── shim gone without a start line ──▶ aborted (the supervisor tries again)
 */
export class Supervision implements Disposable {
  readonly id: TaskId;
  readonly recorder: OutputRecorder;
  readonly endTime = new EndTime();
  readonly #context: SupervisionContext;
  readonly #folder: TaskFolder;
  readonly #attempt: number;
  readonly #shim: ProcessIdentity;
  readonly #waiting: WaitingShim | null;
  readonly #handle: TaskHandle;
  readonly #pumps: Pumps;
  readonly #onAborted: (supervision: Supervision) => void;
  readonly #onDone: (supervision: Supervision) => void;
  readonly #again: LookAgain;
  #looking = false;
  #lookAgain = false;
  #disposed = false;

  constructor(
    context: SupervisionContext,
    options: {
      readonly id: TaskId;
      readonly folder: TaskFolder;
      readonly attempt: number;
      readonly shim: ProcessIdentity;
      /** The shim, where this daemon is its parent. */
      readonly waiting: WaitingShim | null;
      readonly onAborted: (supervision: Supervision) => void;
      readonly onDone: (supervision: Supervision) => void;
    },
  ) {
    this.#context = context;
    ({ id: this.id, folder: this.#folder, attempt: this.#attempt, shim: this.#shim, waiting: this.#waiting } = options);
    this.#handle = new TaskHandle(context);
    this.#pumps = new Pumps(context, options);
    ({ onAborted: this.#onAborted, onDone: this.#onDone } = options);
    const look = (): void => this.look();
    this.#again = new LookAgain(look);
    this.recorder = new OutputRecorder(options.folder, {
      clock: context.clock,
      log: context.log,
      onStatus: look,
      // What was written before this daemon looked has no time.
      adopted: options.waiting === null,
    });
    this.#waiting?.child.once('exit', look);
  }

  /** Looks at what the shim has noted, now or as soon as the look that is under way is done. */
  look(): void {
    if (this.#disposed) return;
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    this.#lookUntilQuiet()
      .catch((error: unknown) => {
        if (this.#disposed) return;
        // The journal could not take the fact (a full disk): it still stands in the status file.
        this.#context.log.error('a task could not be looked after', { task: this.id, error: String(error) });
        this.#lookLater();
      })
      .finally(() => {
        this.#looking = false;
      });
  }

  /** Puts back a pump that somebody killed, so that the task does not block for ever. */
  sweep(): void {
    if (this.#disposed) return;
    const status = this.#context.table.get(this.id)?.status;
    // An adopted shim's end is no event; and of a task that waits to be released the wake-up may have been lost.
    if (this.#waiting === null || status?.kind === 'spawned') this.look();
    if (status?.kind === 'running') this.#tendPumps(status.identity);
  }

  /** Whether everything that the task itself wrote is in the spools: for a task that ended with its output held open. */
  isDrained(): boolean {
    const { stdout, stderr } = this.recorder.noteNow();
    if (stdout !== this.#folder.size('stdout') || stderr !== this.#folder.size('stderr')) return false;
    return this.#pumps.areIdle((stream) => this.recorder.fifoIsEmpty(stream, this.#context.kernel));
  }

  /** The descriptor that stands for the running task, or null where this kernel has none. */
  get pidfd(): number | null {
    return this.#handle.pidfd;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#waiting?.release();
    this.#again[Symbol.dispose]();
    this.#handle[Symbol.dispose]();
    this.recorder[Symbol.dispose]();
  }

  async #lookUntilQuiet(): Promise<void> {
    while (this.#lookAgain && !this.#disposed) {
      this.#lookAgain = false;
      // Each step may change what the next one sees.
      while (!this.#disposed && (await this.#step())) this.#again.startOver();
    }
  }

  /** One step forward. @returns whether there was one to take. */
  async #step(): Promise<boolean> {
    const status = this.#context.table.get(this.id)?.status;
    switch (status?.kind) {
      case 'spawned':
        return this.#stepFromSpawned(status);
      case 'running':
        return this.#stepFromRunning(status);
      case 'ended':
        return this.#stepFromEnded(status);
      case 'submitted':
      case undefined:
        return false;
    }
  }

  async #stepFromSpawned(status: Extract<TaskStatus, { kind: 'spawned' }>): Promise<boolean> {
    // Gone is asked first: what the shim wrote before its end is then in the file.
    const gone = this.#isShimGone();
    const noted = this.#readStatus();
    if (noted.start !== null) {
      const identity = { ...noted.start, bootId: this.#shim.bootId };
      this.#handle.hold(identity);
      this.#waiting?.release();
      const modifiedAt = microsecondsAt(noted.modifiedMs);
      const startedAt = noted.exitStatus === null && modifiedAt > status.at ? modifiedAt : status.at;
      await this.#append({ type: 'TaskStarted', data: { attempt: this.#attempt, identity, startedAt } });
      passCrashPoint('task.started');
      return true;
    }
    if (!gone) return this.#waitForShim();
    // A shim that was killed alone leaves the process that is about to become the task, which notes its start first.
    if (this.#context.processes.membersOf(this.#shim.pid).length > 0) return this.#lookLater();
    if (this.#readStatus().start !== null) return true;
    // Same boot, the shim and all of its session gone, no start line: the task provably never was.
    await this.#append({
      type: 'TaskSpawnAborted',
      data: { attempt: this.#attempt, reason: reasonOfAbort(noted, this.#folder.readMessages(this.#attempt)) },
    });
    this.#onAborted(this);
    return false;
  }

  async #stepFromRunning({ identity }: RunningStatus): Promise<boolean> {
    const gone = this.#isShimGone();
    const noted = this.#readStatus();
    this.#handle.hold(identity);
    if (noted.exitStatus !== null) {
      passCrashPoint('task.exit-read');
      const kernel = this.#handle.outcome();
      const outcome =
        kernel ?? outcomeOfShell(noted.exitStatus, { messages: this.#folder.readMessages(this.#attempt) });
      const endedAt = microsecondsAt(noted.modifiedMs);
      await this.#appendExit(outcome, { noted, endedAt, source: kernel === null ? 'status-file' : 'kernel' });
      return true;
    }
    if (!gone) return this.#waitForShim();
    if (this.#context.processes.isAlive(identity)) {
      // Whoever killed the shim may have killed its pumps too.
      this.#tendPumps(identity);
      return this.#lookLater();
    }
    return this.#stepFromOrphanGone(identity, noted);
  }

  /** The shim was killed, and now the task is gone too: only the kernel may still know how it ended. */
  async #stepFromOrphanGone(identity: ProcessIdentity, noted: NotedStatus): Promise<boolean> {
    const outcome = this.#handle.outcome() ?? this.#handle.outcomeOfZombie(identity);
    if (outcome !== null) {
      await this.#appendExit(outcome, { noted, endedAt: this.#context.clock(), source: 'kernel' });
      return true;
    }
    if (this.#handle.mayStillTell()) return this.#lookLater();
    await this.#append({
      type: 'TaskLost',
      data: {
        attempt: this.#attempt,
        reason: 'shim-killed',
        message: 'the shim that waited for it was killed, and it ended with nobody there to note how',
      },
    });
    return true;
  }

  async #stepFromEnded({ shim }: EndedStatus): Promise<boolean> {
    this.#readStatus();
    if (shim !== null && !this.#isShimGone()) return this.#waitForShim();
    if (this.#pumps.areAlive()) return this.#lookLater();
    const { stdout, stderr } = finalLengths(this.recorder.noteNow(), this.#context.table.get(this.id));
    const closed = { stdoutBytes: stdout, stderrBytes: stderr, ...this.#folder.settle() };
    passCrashPoint('task.settled');
    const pumpedByShim = this.#folder.pumpedByShim().map((stream) => pumpRestarted(stream, this.#attempt));
    await this.#append(...pumpedByShim, { type: 'LogClosed', data: closed });
    passCrashPoint('task.log-closed');
    this.#folder.forgetPumpedByShim();
    this.#onDone(this);
    return false;
  }

  /** In one transaction. A fact that is recorded already is no error: the crash came after it, or another look was first. */
  async #append(...events: readonly SupervisionDraft[]): Promise<void> {
    const drafts = events.map((event): EventDraft => ({ ...event, task: this.id, actor: this.#context.self }));
    const isAboutOutput = events.every(({ type }) => type === 'LogClosed' || type === 'PumpRestarted');
    try {
      await this.#context.journal.append(drafts, { durability: isAboutOutput ? 'normal' : 'full' });
    } catch (error) {
      if (!(error instanceof FactAlreadyRecorded)) throw error;
    }
  }

  async #appendExit(
    outcome: Extract<Outcome, { kind: 'exited' | 'signaled' }>,
    { noted, endedAt, source }: { noted: ShimStatus; endedAt: Microseconds; source: 'status-file' | 'kernel' },
  ): Promise<void> {
    const status = this.#context.table.get(this.id)?.status;
    const startedAt = status?.kind === 'running' ? status.startedAt : endedAt;
    await this.#append({
      type: 'TaskExited',
      data: {
        attempt: this.#attempt,
        outcome,
        endedAt: this.endTime.of(endedAt, { startedAt, outcome }),
        processorTime: noted.processorTime,
        observed: endedAt < this.#context.startedAt ? 'found' : 'live',
        source,
      },
    });
    passCrashPoint('task.exited');
  }

  #isShimGone(): boolean {
    const child = this.#waiting?.child;
    if (child !== undefined) return child.exitCode !== null || child.signalCode !== null;
    return !this.#context.processes.isAlive(this.#shim);
  }

  /** The end of an own child is an event; of an adopted shim only its status file is, so that its end is looked for. */
  #waitForShim(): false {
    return this.#waiting === null ? this.#lookLater() : false;
  }

  #lookLater(): false {
    this.#again.later();
    return false;
  }

  #readStatus(): NotedStatus {
    const file = this.#folder.readStatus(this.#attempt) ?? { text: '', modifiedMs: 0 };
    const status = parseStatus(file.text);
    this.#pumps.learn(status);
    return { ...status, modifiedMs: file.modifiedMs };
  }

  /** When the task has ended its shim pumps what is left by itself. */
  #tendPumps(identity: ProcessIdentity): void {
    const hasEnded = (): boolean => this.#readStatus().exitStatus !== null;
    if (hasEnded()) return this.look(); // The wake-up for that may have been lost.
    if (!this.#pumps.isOneMissing() || !this.#context.processes.isAlive(identity)) return;
    for (const { stream, pid } of this.#pumps.replaceMissing(() => !hasEnded())) {
      this.#context.log.warn('a pump was gone and has been replaced', { task: this.id, stream, pid });
      this.#append(pumpRestarted(stream, this.#attempt)).catch((error: unknown) =>
        this.#context.log.error('a replaced pump could not be recorded', { task: this.id, error: String(error) }),
      );
    }
  }
}

type NotedStatus = ShimStatus & { readonly modifiedMs: number };

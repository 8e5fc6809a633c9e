import { randomUUID } from 'node:crypto';

import { passCrashPoint } from '../crash-point.ts';
import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import { type EnvironmentPair, isWhole } from '../journal/environments.ts';
import type { Actor, DataOf, ProcessIdentity, StartFailure, TaskId } from '../journal/events.ts';
import type { Task } from '../projections/task.ts';
import type { ParametersOf } from '../protocol/messages.ts';
import { streamNames } from '../stream-names.ts';
import { pwdNames } from './pwd-variable.ts';
import { findRefusal } from './resolve-command.ts';
import { Retries } from './retries.ts';
import { splitEnvironment } from './shim-environment.ts';
import { type WaitingShim, spawnShim } from './spawn.ts';
import { spawnFailureMessage, whatIsGone } from './start-refusal.ts';
import type { SupervisionContext } from './supervision-context.ts';
import { Supervision } from './supervision.ts';
import { Sweep } from './sweep.ts';
import { TaskFolder } from './task-folder.ts';

/** So many shims in a row that end before they start the task, and it is refused. */
export const attemptsMax = 5;

/** Everything about a task but what the daemon adds: its number and UUID. */
export type Submission = Omit<ParametersOf<'run'>, 'environment'> & {
  readonly environment: readonly EnvironmentPair[];
  readonly restartOf: TaskId | null;
};

/**
 * Starts tasks and looks after all that are not complete, in the order of steps of ARCHITECTURE.md ("The life of a
 * task"): between any two of them the daemon may be killed.
 */
export class Supervisor implements Disposable {
  readonly #context: SupervisionContext;
  readonly #tasksFolder: string;
  readonly #supervisions = new Map<TaskId, Supervision>();
  readonly #sweep: Sweep;
  readonly #retries = new Retries();
  /** Told when a stream has grown or is complete. */
  readonly #onOutput: (task: TaskId) => void;
  /** The requests that are being accepted, by id. */
  readonly #submitting = new Map<string, Promise<TaskId>>();
  #lastTask: number;

  constructor(
    context: SupervisionContext,
    { tasksFolder, onOutput }: { tasksFolder: string; onOutput: (task: TaskId) => void },
  ) {
    this.#onOutput = onOutput;
    this.#context = context;
    this.#tasksFolder = tasksFolder;
    this.#lastTask = context.journal.lastTask();
    this.#sweep = new Sweep(this.#supervisions, context);
  }

  /**
   * Accepts a task and starts it. Asked again with the same request id, even before the first answer, it gives the same
   * task.
   * @returns its number, once it is submitted; that it starts or fails to is seen in the table.
   */
  async submit(submission: Submission, { actor }: { actor: Actor }): Promise<TaskId> {
    const { requestId } = submission;
    const underWay = this.#submitting.get(requestId);
    if (underWay !== undefined) return underWay;
    const submitted = this.#submit(submission, { actor }).finally(() => this.#submitting.delete(requestId));
    this.#submitting.set(requestId, submitted);
    return submitted;
  }

  async #submit(submission: Submission, { actor }: { actor: Actor }): Promise<TaskId> {
    const known = this.#context.journal.findOnce(`request:${submission.requestId}`);
    if (known?.type === 'TaskSubmitted') return known.task;
    this.#context.guard.demand();
    this.#context.reserve.demandRoom();
    this.#lastTask += 1;
    // Minted here and nowhere else: the next number of this journal.
    const id = this.#lastTask as TaskId;
    const { environment, ...facts } = submission;
    const encoded = this.#context.journal.environments.encode(environment);
    const data = { ...facts, uuid: randomUUID(), environmentHash: encoded.hash } satisfies DataOf<'TaskSubmitted'>;
    if (this.folder(id).setAside(data)) {
      this.#context.log.warn('a folder of a task that the journal does not know was moved aside', { task: id });
    }
    const refusal = findRefusal({ command: data.command, cwd: data.cwd, environment });
    await this.#context.journal.append(
      [
        { type: 'TaskSubmitted', task: id, actor, data },
        ...(refusal === null
          ? []
          : [
              {
                type: 'TaskStartFailed' as const,
                task: id,
                actor: this.#context.self,
                data: { attempt: 0, ...refusal },
              },
            ]),
      ],
      { durability: refusal === null ? 'normal' : 'full', environment: encoded },
    );
    passCrashPoint(refusal === null ? 'task.submitted' : 'task.refused');
    if (refusal !== null) return id;
    try {
      await this.#attempt(id);
    } catch (error) {
      this.#beginLater(id, error);
      throw new GhostError(
        'journal-write-failed',
        `task ${id} is accepted but could not be started yet: ${messageOf(error)}`,
        { hint: `it starts by itself when that is mended; see: ghost show ${id}`, task: id, cause: error },
      );
    }
    return id;
  }

  /** Puts back the pumps that are gone; done by itself every few seconds. */
  sweep(): void {
    this.#sweep.now();
  }

  /** Starts a task that is submitted and provably never ran. */
  begin(id: TaskId): void {
    this.#attempt(id).catch((error: unknown) => {
      this.#beginLater(id, error);
    });
  }

  /** Looks after a task whose shim may live: one that this daemon started, or one that it adopts. */
  supervise(
    id: TaskId,
    { attempt, shim, waiting }: { attempt: number; shim: ProcessIdentity; waiting: WaitingShim | null },
  ): Supervision {
    const supervision = new Supervision(this.#context, {
      id,
      attempt,
      shim,
      folder: this.folder(id),
      waiting,
      onAborted: () => {
        passCrashPoint('task.aborted');
        this.#end(id);
        this.begin(id);
      },
      onDone: () => {
        this.#end(id);
        this.#onOutput(id);
      },
    });
    this.#supervisions.set(id, supervision);
    this.#sweep.begin();
    supervision.recorder.onGrowth(() => {
      this.#onOutput(id);
    });
    supervision.look();
    return supervision;
  }

  /** The supervision of a task, or undefined where its streams are complete. */
  find(id: TaskId): Supervision | undefined {
    return this.#supervisions.get(id);
  }

  folder(id: TaskId): TaskFolder {
    return new TaskFolder(this.#tasksFolder, id);
  }

  /** The tasks go on; nobody looks after them from here. */
  [Symbol.dispose](): void {
    this.#sweep[Symbol.dispose]();
    this.#retries[Symbol.dispose]();
    for (const supervision of this.#supervisions.values()) supervision[Symbol.dispose]();
    this.#supervisions.clear();
  }

  #end(id: TaskId): void {
    this.#supervisions.get(id)?.[Symbol.dispose]();
    this.#supervisions.delete(id);
  }

  /** Does something for a task again after a while: what it needs (room, descriptors) was not to be had. */
  later(act: () => void): void {
    this.#retries.later(act);
  }

  #beginLater(id: TaskId, error: unknown): void {
    this.#context.log.error('a task could not be started; it is tried again', {
      task: id,
      error: messageOf(error),
    });
    this.later(() => {
      this.begin(id);
    });
  }

  async #attempt(id: TaskId): Promise<void> {
    const task = this.#context.table.get(id);
    if (task?.status.kind !== 'submitted') return;
    // Its shim could not note that it started it.
    this.#context.reserve.demandRoom();
    const attempt = task.status.attempt + 1;
    if (attempt > attemptsMax) {
      const last = this.#context.journal.findOnce(`TaskSpawnAborted:${id}:${attempt - 1}`);
      const why = last?.type === 'TaskSpawnAborted' ? `: ${last.data.reason}` : '';
      await this.#refuse(task, 'spawn-failed', `it was given up after ${attemptsMax} attempts${why}`);
      return;
    }
    const shim = await this.#spawn(task, attempt);
    if (shim === null) return;
    passCrashPoint('task.shim-spawned');
    let identity: ProcessIdentity | undefined;
    try {
      identity = this.#context.processes.look(shim.pid)?.identity;
      if (identity === undefined) {
        await this.#recordAborted(task, attempt);
        return;
      }
      await this.#context.journal.append(
        [
          {
            type: 'TaskSpawned',
            task: id,
            actor: this.#context.self,
            data: { attempt, shim: identity, shell: this.#context.tools.shell },
          },
        ],
        { durability: 'full' },
      );
    } catch (error) {
      // Not recorded, so never started: its go pipe ends, and it writes `abort`.
      shim.child.stdin?.destroy();
      throw error;
    }
    passCrashPoint('task.spawned');
    shim.go();
    passCrashPoint('task.go-given');
    const follow = (): void => {
      this.supervise(id, { attempt, shim: identity, waiting: shim });
    };
    try {
      follow();
    } catch (error) {
      // It runs all the same, and until the next daemon nobody else takes it up.
      shim.release();
      const tell = (why: string): void =>
        this.#context.log.error('a task that runs could not be followed; it is tried again', { task: id, error: why });
      this.#retries.untilDone(follow, { error, tell });
    }
  }

  async #spawn(task: Task, attempt: number): Promise<WaitingShim | null> {
    const environment = this.#context.journal.environments.read(task.environmentHash);
    if (environment === null || !isWhole(environment)) {
      await this.#refuse(task, 'spawn-failed', whatIsGone(environment));
      return null;
    }
    const { tools } = this.#context;
    const folder = this.folder(task.id);
    try {
      folder.create();
      for (const stream of streamNames) this.#context.kernel.makeFifo(folder.fifo(stream));
      passCrashPoint('task.files-opened');
      return await spawnShim({
        tools,
        folder,
        attempt,
        command: task.command,
        cwd: task.cwd,
        environment: splitEnvironment(environment, {
          shell: tools.shellKind,
          pwdIsRight: pwdNames(environment, task.cwd),
        }),
        umask: task.umask,
        openFilesSoftLimit: task.openFilesSoftLimit,
      });
    } catch (error) {
      await this.#refuse(task, 'spawn-failed', spawnFailureMessage(task, error));
      return null;
    }
  }

  async #refuse(task: Task, reason: StartFailure, message: string): Promise<void> {
    const attempt = task.status.kind === 'submitted' ? task.status.attempt + 1 : 0;
    // Before the event: a task that could not be started is not looked at again.
    this.folder(task.id).settle();
    await this.#context.journal.append(
      [{ type: 'TaskStartFailed', task: task.id, actor: this.#context.self, data: { attempt, reason, message } }],
      { durability: 'full' },
    );
  }

  async #recordAborted(task: Task, attempt: number): Promise<void> {
    const data = { attempt, reason: 'the shim ended before it could be noted' };
    await this.#context.journal.append([{ type: 'TaskSpawnAborted', task: task.id, actor: this.#context.self, data }], {
      durability: 'full',
    });
    this.begin(task.id);
  }
}

import { passCrashPoint } from '../crash-point.ts';
import { errorCode } from '../error-code.ts';
import { FactAlreadyRecorded } from '../journal/append.ts';
import type { Actor, EventDraft, SignalAnswer, SignalReason, TaskId } from '../journal/events.ts';
import type { EndedStatus, Task } from '../projections/task.ts';
import { numberOfSignal } from '../protocol/signals.ts';
import { onceATurn } from './once-a-turn.ts';
import type { ProcessEntry, Sessions } from './process-table.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { Supervisor } from './supervisor.ts';

/**
 * The end of a task is known to some clock ticks: a file's time and the uptime are both coarse. A session's number is not
 * given to another process within a quarter of a second, since the kernel goes through all pids before it does.
 */
const endSlackTicks = 25;

interface SignalOrder {
  readonly requestId: string;
  readonly signal: string;
  readonly reason: SignalReason;
  /** SIGKILL follows after so many milliseconds; null where nothing follows. */
  readonly graceMs: number | null;
}

/**
 * Signals tasks: always the whole process group, never before its identity is checked, and never without a record.
 * The request is durable before the signal is sent and the kernel's answer after, so that a crash in between hides
 * nothing; and a signal other than SIGKILL is sent at most once, so that what a crash leaves open is recorded as unknown.
 */
export class Signaller {
  readonly #context: SupervisionContext;
  readonly #supervisor: Supervisor;
  readonly #sessions: () => Sessions;

  constructor(context: SupervisionContext, supervisor: Supervisor) {
    this.#context = context;
    this.#supervisor = supervisor;
    this.#sessions = onceATurn(() => context.processes.sessions());
  }

  /**
   * Records the order, signals the group, records the answer. The same order given again (its requestId) is answered
   * from the journal; only a SIGKILL of which a crash left unknown whether it was sent is ordered anew.
   * @throws GhostError `journal-write-failed`: nothing was sent.
   */
  async send(task: Task, order: SignalOrder, { actor }: { actor: Actor }): Promise<SignalAnswer> {
    const { requestId, signal, reason, graceMs } = order;
    const append = (draft: EventDraft) => this.#context.journal.append([draft], { durability: 'full' });
    try {
      await append({
        type: 'SignalRequested',
        task: task.id,
        actor,
        data: { requestId, signal, reason, graceMs },
      });
    } catch (error) {
      if (!(error instanceof FactAlreadyRecorded)) throw error;
      const known = this.#answerOf(task.id, order);
      // Whether it was sent is not known, and must be done all the same. The one signal that does no harm twice.
      if (known === 'unknown' && signal === 'SIGKILL') {
        return this.send(task, { ...order, requestId: `${requestId}.again` }, { actor });
      }
      return known ?? 'unknown';
    }
    passCrashPoint('signal.requested');
    const at = this.#context.clock();
    const answer = this.#deliver(task, signal);
    if (answer === 'delivered') this.#supervisor.find(task.id)?.endTime.noteSignal({ signal, at });
    passCrashPoint('signal.delivered');
    await append({
      type: 'SignalSent',
      task: task.id,
      actor,
      data: { requestId, signal, reason, processGroup: groupOf(task) ?? 0, answer },
    });
    passCrashPoint('signal.sent');
    return answer;
  }

  /** What a daemon that was killed in between left open is recorded as unknown. */
  async recordUnanswered(task: Task): Promise<void> {
    if (task.unansweredSignals.length === 0) return;
    await this.#context.journal.append(
      task.unansweredSignals.map(({ requestId, signal, reason }) => ({
        type: 'SignalSent',
        task: task.id,
        actor: this.#context.self,
        data: { requestId, signal, reason, processGroup: groupOf(task) ?? 0, answer: 'unknown' },
      })),
      { durability: 'normal' },
    );
  }

  /** Whether SIGCONT has to follow, because a stopped process takes no signal but SIGKILL until it is woken. */
  isStopped(task: Task): boolean {
    const group = groupOf(task);
    return group !== null && (this.#context.processes.look(group)?.stopped ?? false);
  }

  /**
   * The living members of a task's session that can be proven to be the task's: nobody else can have joined a session
   * while its leader lived, so one member that is older than the leader's end proves the session for all.
   */
  descendantsOf(task: Task, options: { readonly among?: Sessions } = {}): readonly ProcessEntry[] {
    const { status } = task;
    if (status.kind !== 'ended' || status.identity === null) return [];
    const { processes } = this.#context;
    if (status.identity.bootId !== processes.bootId) return [];
    // The task is gone, so this is a stranger, and the session its own: no pid is given again while a session bears it.
    // When a lost task ended is not known, so that the times below would not tell.
    if (processes.look(status.identity.pid) !== null) return [];
    const members = processes.membersOf(status.identity.pid, options);
    const endedTicks = processes.ticksAt((this.#context.clock() - status.endedAt) / 1000);
    const proven = members.some(({ identity }) => Number(identity.startTime) <= endedTicks + endSlackTicks);
    return proven ? members : [];
  }

  /**
   * How many there are, to be shown and not to be signalled: all who ask in one turn of the event loop share one look at
   * the system's processes, of which there may be thousands.
   */
  countDescendants(task: Task): number {
    return hasEnded(task) ? this.descendantsOf(task, { among: this.#sessions() }).length : 0;
  }

  /** What is recorded as the kernel's answer, or null where it is on its way. */
  #answerOf(id: TaskId, { requestId, signal }: SignalOrder): SignalAnswer | null {
    const sent = this.#context.journal.findOnce(`SignalSent:${id}:${requestId}:${signal}`);
    return sent?.type === 'SignalSent' ? sent.data.answer : null;
  }

  #deliver(task: Task, signal: string): SignalAnswer {
    const number = numberOfSignal(signal);
    const { status } = task;
    if (status.kind === 'running') {
      const pidfd = this.#supervisor.find(task.id)?.pidfd ?? null;
      const answer = pidfd === null ? null : this.#context.kernel.signalGroup(pidfd, number);
      if (answer === 'ok') return 'delivered';
      if (answer === 'EPERM') return 'not-permitted';
      // An older kernel, or a group whose leader is gone: the check and the signal are then two steps.
      if (!this.#context.processes.isAlive(status.identity)) return 'no-such-process';
      const group = killGroup(status.identity.pid, number);
      // Released a moment ago, it does not lead its group yet.
      return group === 'no-such-process' ? killProcess(status.identity.pid, number) : group;
    }
    const left = this.descendantsOf(task);
    return left.length > 0 ? killGroups(left, number) : 'no-such-process';
  }
}

/** The number of the group and session that a task leads, or null before it is known. */
function groupOf({ status }: Task): number | null {
  return status.kind === 'running' || status.kind === 'ended' ? (status.identity?.pid ?? null) : null;
}

/** Whether it is recorded that a task has ended. What it left behind may live on. */
export function hasEnded(task: Task): task is Task & { readonly status: EndedStatus } {
  return task.status.kind === 'ended';
}

function killGroups(members: readonly ProcessEntry[], signal: number): SignalAnswer {
  const answers = [...new Set(members.map(({ processGroup }) => processGroup))].map((group) =>
    killGroup(group, signal),
  );
  return answers.find((answer) => answer !== 'no-such-process') ?? 'no-such-process';
}

function killGroup(group: number, signal: number): SignalAnswer {
  return killProcess(-group, signal);
}

function killProcess(pid: number, signal: number): SignalAnswer {
  try {
    process.kill(pid, signal);
    return 'delivered';
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ESRCH') return 'no-such-process';
    if (code === 'EPERM') return 'not-permitted';
    throw error;
  }
}

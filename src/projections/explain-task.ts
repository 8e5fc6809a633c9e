import type {
  Actor,
  EventOf,
  JournalEvent,
  LossReason,
  Microseconds,
  PruneReason,
  SignalAnswer,
  SignalReason,
  StartFailure,
} from '../journal/events.ts';
import { microsecondsOf } from '../microseconds.ts';
import { type Delivery, deliveriesOf } from './signal-deliveries.ts';
import type { TaskView } from './task-view.ts';

/** What is known of a task: its events and what the system says of it now. */
interface TaskFacts {
  readonly task: TaskView;
  readonly events: readonly JournalEvent[];
  readonly timeoutMs: number | null;
  /** Members of its group that are alive although it has ended. */
  readonly descendantsAlive: number;
  /** When it last wrote something, in ISO 8601, or null where it never did or nobody knows. */
  readonly lastOutputAt: string | null;
  readonly outputBytes: number;
}

/** Why a task is in the state that it is in: links of a chain, in the order in which they are told. */
export interface Explanation {
  readonly task: TaskView;
  readonly reasons: readonly Reason[];
}

/** One link. `at` and `seq` are of the event that tells it, null where none does. Durations are milliseconds. */
export type Reason = {
  readonly at: Microseconds | null;
  readonly seq: number | null;
} & (
  | { readonly kind: 'restart'; readonly of: number; readonly by: Actor }
  | { readonly kind: 'aborted'; readonly attempts: number; readonly why: string }
  | { readonly kind: 'refused'; readonly why: StartFailure; readonly message: string }
  | {
      readonly kind: 'asked';
      readonly signal: string;
      readonly reason: SignalReason;
      readonly by: Actor;
      readonly graceMs: number | null;
      readonly timeoutMs: number | null;
      readonly answer: SignalAnswer | null;
      /** From the signal to the task's end; null where another one ended it or it has not ended. */
      readonly endedAfterMs: number | null;
    }
  /** SIGKILL followed a stop whose grace had run out. */
  | { readonly kind: 'escalated'; readonly ignored: string; readonly afterMs: number }
  /** A signal ended it that ghost did not send. `sentOthers`: but it had sent another one. */
  | { readonly kind: 'outside'; readonly signal: string; readonly sentOthers: boolean }
  | { readonly kind: 'out-of-memory'; readonly evidence: 'kernel-log' | 'cgroup'; readonly message: string }
  /** SIGKILL from outside, and nothing tells whose it was. */
  | { readonly kind: 'unexplained-kill' }
  | { readonly kind: 'code'; readonly code: number; readonly shell: boolean }
  | { readonly kind: 'lost'; readonly why: LossReason; readonly lastSeenAt: Microseconds | null }
  | { readonly kind: 'found' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly pid: number | null; readonly forMs: number }
  | { readonly kind: 'adopted'; readonly times: number }
  | { readonly kind: 'silent'; readonly forMs: number | null }
  | { readonly kind: 'stop-under-way'; readonly killInMs: number }
  | { readonly kind: 'left-behind'; readonly count: number }
  | { readonly kind: 'pruned'; readonly bytes: number; readonly why: PruneReason; readonly by: Actor }
  | { readonly kind: 'hidden'; readonly by: Actor }
);

/** A task that has written nothing for so long is called silent. */
export const silentMs = 60_000;

/** Explains a task from its events. Pure: the time is given. */
export function explainTask(facts: TaskFacts, { now }: { readonly now: Microseconds }): Explanation {
  const { task, events, descendantsAlive } = facts;
  const end = events.find((event) => ['TaskExited', 'TaskLost', 'TaskStartFailed'].includes(event.type)) ?? null;
  const reasons = [
    ...beginning(events),
    ...(end === null ? life(facts, { now }) : ending(facts, end)),
    ...(end !== null && descendantsAlive > 0
      ? [{ ...nowhere, kind: 'left-behind', count: descendantsAlive } as const]
      : []),
    ...afterwards(events),
  ];
  return { task, reasons };
}

const nowhere = { at: null, seq: null } as const;

function placeOf({ at, seq }: JournalEvent): { readonly at: Microseconds; readonly seq: number } {
  return { at, seq };
}

function ofType<T extends JournalEvent['type']>(events: readonly JournalEvent[], type: T): readonly EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}

function beginning(events: readonly JournalEvent[]): readonly Reason[] {
  const [submitted] = ofType(events, 'TaskSubmitted');
  const aborted = ofType(events, 'TaskSpawnAborted');
  const last = aborted.at(-1);
  return [
    ...(submitted === undefined || submitted.data.restartOf === null
      ? []
      : [{ ...placeOf(submitted), kind: 'restart', of: submitted.data.restartOf, by: submitted.actor } as const]),
    ...(last === undefined
      ? []
      : [{ ...placeOf(last), kind: 'aborted', attempts: aborted.length, why: last.data.reason } as const]),
  ];
}

function ending(facts: TaskFacts, end: JournalEvent): readonly Reason[] {
  const place = placeOf(end);
  if (end.type === 'TaskStartFailed') {
    return [{ ...place, kind: 'refused', why: end.data.reason, message: end.data.message }];
  }
  if (end.type === 'TaskLost') {
    // What shows that it was alive: other events may be of the daemon that found it gone.
    const alive = facts.events.filter(({ type }) => type === 'TaskStarted' || type === 'TaskAdopted');
    const output = facts.lastOutputAt === null ? 0 : microsecondsOf(facts.lastOutputAt);
    const seen = Math.max(output, ...alive.map(({ at }) => at));
    return [
      ...asks(facts, { endedAt: null }),
      { ...place, kind: 'lost', why: end.data.reason, lastSeenAt: seen === 0 ? null : (seen as Microseconds) },
    ];
  }
  if (end.type !== 'TaskExited') return [];
  const { outcome, endedAt, observed } = end.data;
  const found = observed === 'found' ? [{ ...place, kind: 'found' } as const] : [];
  const asked = asks(facts, { endedAt });
  if (outcome.kind === 'exited') {
    const [submitted] = ofType(facts.events, 'TaskSubmitted');
    const shell = isShell(submitted?.data.command[0] ?? '');
    return [...asked, { ...place, kind: 'code', code: outcome.code, shell }, ...found];
  }
  const own = deliveriesOf(facts.events).filter(({ answer, request }) => mayHaveEnded(answer) && request.seq < end.seq);
  if (own.some(({ request }) => request.data.signal === outcome.signal)) return [...asked, ...found];
  const [seen] = ofType(facts.events, 'OutOfMemorySeen');
  if (seen !== undefined) {
    const { evidence, message } = seen.data;
    return [...asked, { ...placeOf(seen), kind: 'out-of-memory', evidence, message }, ...found];
  }
  const outside = { ...place, kind: 'outside', signal: outcome.signal, sentOthers: own.length > 0 } as const;
  const unexplained = outcome.signal === 'SIGKILL' ? [{ ...place, kind: 'unexplained-kill' } as const] : [];
  return [...asked, outside, ...unexplained, ...found];
}

/** Who asked for which signal, the last stop and what followed it last. What only woke a stopped task is left out. */
function asks(facts: TaskFacts, { endedAt }: { endedAt: Microseconds | null }): readonly Reason[] {
  const deliveries = deliveriesOf(facts.events).filter(({ request }) => request.data.reason !== 'wake');
  // Of many (a HUP each day, say) the last ones are what matters now.
  return deliveries.slice(-askedShown).map((delivery, place, shown) => {
    const { request, answer } = delivery;
    const { signal, reason, graceMs, requestId } = request.data;
    const stop = deliveries.find((other) => other.request.data.requestId === requestId && other !== delivery);
    if (reason === 'grace-ran-out' && stop !== undefined) {
      const afterMs = (request.at - stop.request.at) / 1000;
      return { ...placeOf(request), kind: 'escalated', ignored: stop.request.data.signal, afterMs };
    }
    const isLast = place === shown.length - 1;
    const endedAfterMs = isLast && endedAt !== null && mayHaveEnded(answer) ? (endedAt - delivery.at) / 1000 : null;
    const { timeoutMs } = facts;
    const asked = { kind: 'asked', signal, reason, by: request.actor, graceMs, timeoutMs, answer } as const;
    return { ...placeOf(request), ...asked, endedAfterMs: endedAfterMs === null ? null : Math.max(0, endedAfterMs) };
  });
}

/** So many signals are told of. */
const askedShown = 4;

function mayHaveEnded(answer: Delivery['answer']): boolean {
  return answer === 'delivered' || answer === 'unknown' || answer === null;
}

function life(facts: TaskFacts, { now }: { now: Microseconds }): readonly Reason[] {
  const { task, events, lastOutputAt, outputBytes } = facts;
  const [started] = ofType(events, 'TaskStarted').slice(-1);
  if (started === undefined) return [{ ...nowhere, kind: 'starting' }, ...asks(facts, { endedAt: null })];
  const forMs = Math.max(0, (now - started.data.startedAt) / 1000);
  const quietMs = lastOutputAt === null ? forMs : Math.max(0, now / 1000 - Date.parse(lastOutputAt));
  const adopted = ofType(events, 'TaskAdopted');
  const stop = ofType(events, 'SignalRequested').findLast(({ data }) => data.graceMs !== null);
  const killInMs = stop === undefined ? null : (stop.at - now) / 1000 + (stop.data.graceMs ?? 0);
  return [
    { ...placeOf(started), kind: 'running', pid: task.pid, forMs },
    ...adoptedTimes(adopted),
    ...(quietMs < silentMs
      ? []
      : [{ ...nowhere, kind: 'silent', forMs: outputBytes === 0 || lastOutputAt === null ? null : quietMs } as const]),
    ...asks(facts, { endedAt: null }),
    ...(stop === undefined || killInMs === null || killInMs <= 0
      ? []
      : [{ ...placeOf(stop), kind: 'stop-under-way', killInMs } as const]),
  ];
}

function adoptedTimes(adopted: readonly EventOf<'TaskAdopted'>[]): readonly Reason[] {
  const last = adopted.at(-1);
  return last === undefined ? [] : [{ ...placeOf(last), kind: 'adopted', times: adopted.length }];
}

function afterwards(events: readonly JournalEvent[]): readonly Reason[] {
  const pruned = ofType(events, 'LogSegmentPruned');
  const last = pruned.at(-1);
  const hidden = ofType(events, 'TaskForgotten').at(-1);
  const bytes = pruned.reduce((sum, { data }) => sum + (data.to - data.from), 0);
  return [
    ...(last === undefined
      ? []
      : [{ ...placeOf(last), kind: 'pruned', bytes, why: last.data.reason, by: last.actor } as const]),
    ...(hidden === undefined ? [] : [{ ...placeOf(hidden), kind: 'hidden', by: hidden.actor } as const]),
  ];
}

/** Whether a program is one of the shells whose exit codes have a meaning of their own. */
function isShell(program: string): boolean {
  return /^(?:.*\/)?(?:sh|bash|dash|ash|zsh|ksh|fish|busybox)$/.test(program);
}

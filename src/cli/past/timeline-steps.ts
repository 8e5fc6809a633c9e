import type { DaemonGap } from '../../client/daemon-gaps.ts';
import type { EventOf, JournalEvent, StreamName } from '../../journal/events.ts';
import { answerTo, requestOf } from '../../projections/signal-deliveries.ts';
import { byteText } from '../../words/byte-text.ts';
import { answerWords, eventSentence } from '../../words/event-sentence.ts';
import { counted } from '../../words/task-words.ts';
import { clockTime } from '../../words/time-text.ts';

/** What a step of a task's life is. */
export type StepKind =
  | 'submitted'
  | 'shim'
  | 'aborted'
  | 'started'
  | 'start-failed'
  | 'first-output'
  | 'signal'
  | 'daemon-stopped'
  | 'daemon-crashed'
  | 'daemon-started'
  | 'adopted'
  | 'exited'
  | 'lost'
  | 'out-of-memory'
  | 'pump-restarted'
  | 'log-stored'
  | 'log-pruned'
  | 'log-complete'
  | 'renamed'
  | 'tagged'
  | 'forgotten'
  | 'redacted';

/** One step: an event, or several that say one thing together. */
export interface Step {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The event that tells it (of several, the last), or null where the log does. */
  readonly seq: number | null;
  readonly kind: StepKind;
  /** Half a sentence, without control characters. */
  readonly text: string;
}

/**
 * The events of one task as steps, in the order of the journal, which holds even where the clock was set back. What a
 * later daemon found out about an end stands where the end was: before that daemon.
 * @param options.gaps when no daemon ran; those outside the task's life are left out.
 * @param options.firstOutputMs when its first output was seen, or null where that is not known.
 */
export function stepsOf(
  events: readonly JournalEvent[],
  { gaps, firstOutputMs }: { readonly gaps: readonly DaemonGap[]; readonly firstOutputMs: number | null },
): readonly Step[] {
  const steps: Step[] = [];
  const first = events[0]?.seq ?? 0;
  const last = lifeEnd(events);
  const within = gaps
    .filter((gap) => gap.toSeq > first && gap.fromSeq < last)
    .map((gap) => lastSeen(gap, firstOutputMs))
    .flatMap(gapSteps);
  for (const [place, event] of events.entries()) {
    while (within[0] !== undefined && (within[0].seq ?? 0) < event.seq) push(steps, within.shift());
    take(steps, { events, place, event });
  }
  steps.push(...within);
  if (firstOutputMs !== null) insertByTime(steps, firstOutputMs);
  return steps;
}

/** The place of the last event that happened to the task and not only to what is kept of it. */
function lifeEnd(events: readonly JournalEvent[]): number {
  const closed = events.find(({ type }) => type === 'LogClosed');
  const ended = events.find(({ type }) => type === 'TaskLost' || type === 'TaskStartFailed');
  return closed?.seq ?? ended?.seq ?? Number.POSITIVE_INFINITY;
}

/** A daemon that saw the first output was there to see it. */
function lastSeen(gap: DaemonGap, firstOutputMs: number | null): DaemonGap {
  const isLater = gap.how === 'crashed' && firstOutputMs !== null && firstOutputMs < gap.toMs;
  return isLater ? { ...gap, fromMs: Math.max(gap.fromMs, firstOutputMs) } : gap;
}

function gapSteps({ fromMs, fromSeq, toMs, toSeq, how }: DaemonGap): Step[] {
  const crashed = how === 'crashed';
  return [
    {
      atMs: fromMs,
      seq: fromSeq,
      kind: crashed ? 'daemon-crashed' : 'daemon-stopped',
      text: crashed ? 'the daemon crashed, at some time after this' : 'the daemon was shut down',
    },
    { atMs: toMs, seq: toSeq, kind: 'daemon-started', text: 'a new daemon started' },
  ];
}

function push(steps: Step[], step: Step | undefined): void {
  if (step !== undefined) steps.push(step);
}

interface Placed {
  readonly events: readonly JournalEvent[];
  readonly place: number;
  readonly event: JournalEvent;
}

function take(steps: Step[], { events, place, event }: Placed): void {
  const step = stepOf(event, kindOf(event));
  switch (event.type) {
    case 'SignalRequested':
      // Told with the answer, unless there is none yet.
      if (answerTo(event, events) === undefined) steps.push(step);
      return;
    case 'SignalSent': {
      const request = requestOf(event, events);
      // It was on its way once it was asked for: by the time that the answer is recorded the task can be gone.
      const text = request === undefined ? null : `${eventSentence(request)} → ${answerWords[event.data.answer]}`;
      steps.push(text === null || request === undefined ? step : { ...step, atMs: request.at / 1000, text });
      return;
    }
    case 'TaskAdopted': {
      const found = steps.at(-1);
      if (found?.kind !== 'adopted') break;
      steps[steps.length - 1] = { ...found, seq: event.seq, text: `${found.text}; ${step.text}` };
      return;
    }
    case 'TaskExited': {
      const ended = { ...step, atMs: event.data.endedAt / 1000 };
      if (event.data.observed === 'found') insertBeforeDaemon(steps, ended);
      else steps.push(ended);
      return;
    }
    case 'TaskStarted':
      steps.push({ ...step, atMs: event.data.startedAt / 1000 });
      return;
    case 'LogSegmentSealed':
    case 'LogSegmentPruned':
      fold(steps, { events, place });
      return;
    default:
      break;
  }
  steps.push(step);
}

function stepOf(event: JournalEvent, kind: StepKind): Step {
  return { atMs: event.at / 1000, seq: event.seq, kind, text: eventSentence(event) };
}

function insertBeforeDaemon(steps: Step[], ended: Step): void {
  let place = steps.length;
  for (; place > 0; place -= 1) {
    const before = steps[place - 1];
    if (before === undefined || before.atMs <= ended.atMs) break;
    if (before.kind !== 'daemon-started' && before.kind !== 'adopted') break;
  }
  steps.splice(place, 0, ended);
}

/** Before the first step that is later, but never before the start. */
function insertByTime(steps: Step[], atMs: number): void {
  const started = steps.findIndex(({ kind }) => kind === 'started') + 1;
  const isLater = (step: Step): boolean => step.atMs > atMs || (step.kind === 'daemon-crashed' && step.atMs === atMs);
  const later = steps.findIndex((step, place) => place >= started && isLater(step));
  const step: Step = { atMs, seq: null, kind: 'first-output', text: 'its first output was seen' };
  steps.splice(later === -1 ? steps.length : later, 0, step);
}

type Stored = EventOf<'LogSegmentSealed' | 'LogSegmentPruned'>;

/** Output that is compressed or taken away piece by piece, with nothing else in between, is one step of each kind. */
function fold(steps: Step[], { events, place }: Omit<Placed, 'event'>): void {
  const run: Stored[] = [];
  const isStored = (other: JournalEvent | undefined): other is Stored =>
    other?.type === 'LogSegmentSealed' || other?.type === 'LogSegmentPruned';
  const before = events[place - 1];
  // The first of a run tells of them all.
  if (isStored(before)) return;
  for (let next = events[place]; isStored(next); next = events[place + run.length]) run.push(next);
  const sealed = run.filter((other) => other.type === 'LogSegmentSealed');
  const pruned = run.filter((other) => other.type === 'LogSegmentPruned');
  push(steps, foldedStep(sealed, 'log-stored', `compressed to ${byteText(sum(sealed.map(({ data }) => data.bytes)))}`));
  push(steps, foldedStep(pruned, 'log-pruned', 'taken away'));
}

function foldedStep(run: readonly Stored[], kind: StepKind, became: string): Step | undefined {
  const [first] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (run.length === 1) return stepOf(first, kind);
  const streams = [...new Set(run.map(({ data }): StreamName => data.stream))].join(' and ');
  const bytes = byteText(sum(run.map(({ data }) => data.to - data.from)));
  const pieces = counted(run.length, { one: 'piece', many: 'pieces' });
  const text = `${bytes} of its ${streams} ${became}, in ${pieces} until ${clockTime(last.at / 1000)}`;
  return { atMs: first.at / 1000, seq: last.seq, kind, text };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function kindOf({ type }: JournalEvent): StepKind {
  switch (type) {
    case 'TaskSubmitted':
      return 'submitted';
    case 'TaskSpawned':
      return 'shim';
    case 'TaskSpawnAborted':
      return 'aborted';
    case 'TaskStarted':
      return 'started';
    case 'TaskStartFailed':
      return 'start-failed';
    case 'SignalRequested':
    case 'SignalSent':
      return 'signal';
    case 'TaskExited':
      return 'exited';
    case 'TaskOrphaned':
    case 'TaskAdopted':
      return 'adopted';
    case 'TaskLost':
      return 'lost';
    case 'OutOfMemorySeen':
      return 'out-of-memory';
    case 'PumpRestarted':
      return 'pump-restarted';
    case 'LogSegmentSealed':
      return 'log-stored';
    case 'LogSegmentPruned':
      return 'log-pruned';
    case 'LogClosed':
      return 'log-complete';
    case 'TaskRenamed':
      return 'renamed';
    case 'TaskTagged':
      return 'tagged';
    case 'TaskForgotten':
      return 'forgotten';
    case 'EnvironmentRedacted':
      return 'redacted';
    case 'DaemonStarted':
    case 'PeerRefused':
    case 'JournalRestored':
      return 'daemon-started';
    case 'DaemonStopped':
      return 'daemon-stopped';
  }
}

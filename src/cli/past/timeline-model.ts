import type { DaemonGap } from '../../client/daemon-gaps.ts';
import type { TaskView } from '../../projections/task-view.ts';
import type { Step } from './timeline-steps.ts';

/** What happened when, ready to be drawn. Times are milliseconds since 1970. */
export interface Timeline {
  readonly fromMs: number;
  /** Later than `fromMs`, always. */
  readonly toMs: number;
  readonly gaps: readonly DaemonGap[];
  readonly tasks: readonly TimelineTask[];
}

export interface TimelineTask {
  readonly view: TaskView;
  /** When it started, or was submitted where it never did. */
  readonly beganMs: number;
  /** When it ended; of one that is lost, when that was found; of one that runs, null. */
  readonly endedMs: number | null;
  readonly steps: readonly Step[];
}

/** The shortest span that is drawn, so that one moment alone has a place on it. */
const spanMsMin = 1;

/** A task with its steps. */
export function timelineTask(view: TaskView, steps: readonly Step[]): TimelineTask {
  const timeOf = (...kinds: readonly Step['kind'][]): number | null =>
    steps.find(({ kind }) => kinds.includes(kind))?.atMs ?? null;
  const beganMs = timeOf('started') ?? timeOf('submitted') ?? parsed(view.startedAt) ?? parsed(view.endedAt) ?? 0;
  const endedMs = view.state === 'running' ? null : (timeOf('exited', 'lost', 'start-failed') ?? parsed(view.endedAt));
  // The clock may have been set back meanwhile: nothing ends before it began.
  return { view, beganMs, endedMs: endedMs === null ? null : Math.max(beganMs, endedMs), steps };
}

/**
 * The span that holds all of these tasks, unless it was typed.
 * @param options.fromMs, options.toMs the ends as they were typed, or null.
 */
export function timelineOf(
  tasks: readonly TimelineTask[],
  {
    fromMs,
    toMs,
    nowMs,
    gaps,
  }: {
    readonly fromMs: number | null;
    readonly toMs: number | null;
    readonly nowMs: number;
    readonly gaps: readonly DaemonGap[];
  },
): Timeline {
  const from = fromMs ?? tasks.reduce((least, { beganMs }) => Math.min(least, beganMs), toMs ?? nowMs);
  const last = tasks.reduce((most, { beganMs, endedMs }) => Math.max(most, endedMs ?? Math.max(beganMs, nowMs)), from);
  const to = Math.max(toMs ?? last, from + spanMsMin);
  return { fromMs: from, toMs: to, gaps: gaps.filter((gap) => gap.toMs > from && gap.fromMs < to), tasks };
}

function parsed(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}

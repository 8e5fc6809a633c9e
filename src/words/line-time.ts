import type { TaskView } from '../projections/task-view.ts';
import { dayOf, exactClockTime } from './time-text.ts';

/**
 * The time that stands before a line of a task: `14:03:22.123 `, with the date where the task has run on more than one
 * day, or the line is of another day than the first. A line whose time is not known has dashes in its place.
 */
export function lineTimes(
  { startedAt, endedAt }: TaskView,
  { nowMs }: { readonly nowMs: number },
): (at: string | null) => string {
  const firstDay = startedAt === null ? null : dayOf(Date.parse(startedAt));
  const lastDay = dayOf(endedAt === null ? nowMs : Date.parse(endedAt));
  const spansDays = firstDay !== lastDay;
  return (at) => {
    if (at === null) return `${spansDays ? '---------- ' : ''}--:--:--.--- `;
    const atMs = Date.parse(at);
    const day = dayOf(atMs);
    return `${spansDays || day !== firstDay ? `${day} ` : ''}${exactClockTime(atMs)} `;
  };
}

import type { ScreenState } from './screen-state.ts';

/** How many lines each part of the screen has. Drawing, scrolling and asking for output all go by it. */
interface ScreenLayout {
  readonly columns: number;
  readonly rows: number;
  /** The ruler of the past and the events under it, or 0. */
  readonly ruler: number;
  /** The rows of tasks, without the frame. */
  readonly table: number;
  /** Whether a line lies between the titles of the columns and the rows. */
  readonly tableLine: boolean;
  /** The rows of output, without the frame; 0 where the log is closed. */
  readonly log: number;
  /** The lines of a page, without its frame. */
  readonly page: number;
  /** The columns inside a frame. */
  readonly inner: number;
}

/** The smallest screen that everything fits into; on a smaller one only this is said. */
export const columnsMin = 40;
export const rowsMin = 10;

/** The header, the line of hints, and the frames of the table (top, titles, bottom) and of the log (top, bottom). */
const around = 2;
const tableFrame = 3;
const logFrame = 2;
/** With the log open the table has at least so many rows, and at the most so many: the log is what is read. */
export const leastTasks = 3;
export const tableMax = 24;
/** From so many lines on there is room for a line under the titles. */
export const roomyRows = 24;

type LaidOutState = Pick<ScreenState, 'size' | 'log' | 'past' | 'present' | 'guests'>;

export function screenLayout({ size, log, past, present, guests }: LaidOutState): ScreenLayout {
  const columns = Math.max(1, size.columns);
  const rows = Math.max(1, size.rows);
  const tableLine = rows >= roomyRows;
  const ruler = past === null ? 0 : rows >= roomyRows ? 5 : 2;
  const page = Math.max(1, rows - around - ruler - 2);
  const inner = Math.max(1, columns - 4);
  const forTable = rows - around - ruler - tableFrame - (tableLine ? 1 : 0);
  if (!log.open) return { columns, rows, ruler, tableLine, table: Math.max(1, forTable), log: 0, page, inner };
  const both = Math.max(2, forTable - logFrame);
  // A table that is not full leaves its room to the log. It does not shrink while a filter is typed.
  const tasks = (past?.known ?? present).tasks.size + guests.size;
  const table = Math.max(Math.min(leastTasks, both - 1), Math.min(Math.floor(both * 0.45), tableMax, tasks));
  return { columns, rows, ruler, tableLine, table, log: both - table, page, inner };
}

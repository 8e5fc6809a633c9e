import type { JournalEvent } from '../journal/events.ts';
import type { TaskView } from '../projections/task-view.ts';
import { evolveKnown, type KnownTasks } from './known-tasks.ts';
import { screenLayout } from './screen-layout.ts';
import {
  initialLog,
  type Dialog,
  type LogPane,
  type Page,
  type Past,
  type ScreenSize,
  type ScreenState,
  type TableFilter,
  type Toast,
} from './screen-state.ts';
import { tableRows } from './table-rows.ts';

/** Whatever changes the screen: what was committed, what was answered, and what was done at the keyboard. */
export type ScreenChange =
  | { readonly type: 'resized'; readonly size: ScreenSize }
  | { readonly type: 'ticked'; readonly nowMs: number }
  | { readonly type: 'connected'; readonly known: KnownTasks }
  | { readonly type: 'lost'; readonly why: string }
  | { readonly type: 'connecting-again' }
  | { readonly type: 'committed'; readonly events: readonly JournalEvent[] }
  | { readonly type: 'moved'; readonly by: number }
  | { readonly type: 'selected'; readonly task: number }
  | { readonly type: 'expected'; readonly task: number }
  | { readonly type: 'focused'; readonly on: 'table' | 'log' }
  | { readonly type: 'marked'; readonly task: number }
  | { readonly type: 'unmarked' }
  | { readonly type: 'awaited'; readonly task: number }
  | { readonly type: 'filtered'; readonly filter: TableFilter }
  | { readonly type: 'visited'; readonly guest: TaskView }
  | { readonly type: 'log'; readonly change: Partial<LogPane> }
  | { readonly type: 'page'; readonly page: Page | null }
  | { readonly type: 'dialog'; readonly dialog: Dialog | null }
  | { readonly type: 'past'; readonly past: Past | null }
  | { readonly type: 'toasted'; readonly toast: Toast }
  | { readonly type: 'toast-faded'; readonly id: number };

/** The most messages that are shown at once; older ones give way. */
export const toastsMax = 3;

/** The screen after a change. Pure; whatever it changes, the selection and the table's window stay right. */
export function reduceScreen(state: ScreenState, change: ScreenChange): ScreenState {
  return settled(changed(state, change), state);
}

function changed(state: ScreenState, change: ScreenChange): ScreenState {
  switch (change.type) {
    case 'resized':
      return { ...state, size: change.size };
    case 'ticked':
      return { ...state, nowMs: change.nowMs };
    case 'connected':
      // What is shown of the past and of a log stands on what is committed, and stays as it is.
      return { ...state, connection: { kind: 'open' }, present: change.known };
    case 'lost':
      return {
        ...state,
        connection: { kind: 'lost', why: change.why, busy: false },
        dialog: null,
        // Nothing can be asked for any more, and under the message no key would pause it.
        past: state.past === null ? null : { ...state.past, playing: false, busy: false },
      };
    case 'connecting-again':
      return state.connection.kind === 'lost' ? { ...state, connection: { ...state.connection, busy: true } } : state;
    case 'committed':
      return { ...state, present: evolveKnown(state.present, change.events) };
    case 'moved': {
      const rows = tableRows(state);
      const at = rows.findIndex(({ id }) => id === state.selected);
      const next = rows[Math.max(0, Math.min(rows.length - 1, at + change.by))];
      return next === undefined ? state : { ...state, selected: next.id, expected: null, selectedNow: null };
    }
    case 'selected':
      return { ...state, selected: change.task, expected: null, selectedNow: null };
    case 'expected':
      return { ...state, expected: change.task };
    case 'focused':
      return { ...state, focus: change.on };
    case 'marked':
      return { ...state, marked: toggled(state.marked, change.task) };
    case 'unmarked':
      return { ...state, marked: new Set() };
    case 'awaited':
      return { ...state, awaited: toggled(state.awaited, change.task) };
    case 'filtered':
      return { ...state, filter: change.filter };
    case 'visited':
      return {
        ...state,
        guests: new Map([...state.guests, [change.guest.id, change.guest]]),
        selected: change.guest.id,
      };
    case 'log':
      return { ...state, log: { ...state.log, ...change.change } };
    case 'page':
      return { ...state, page: change.page };
    case 'dialog':
      return { ...state, dialog: change.dialog };
    case 'past':
      return throughTime(state, change.past);
    case 'toasted':
      return { ...state, toasts: [...state.toasts, change.toast].slice(-toastsMax) };
    case 'toast-faded':
      return { ...state, toasts: state.toasts.filter(({ id }) => id !== change.id) };
  }
}

/**
 * The selected task stays selected while the table changes around it. Where it is no longer there, the one that has
 * come into its place is; where the log is closed, keys go to the table.
 */
function settled(state: ScreenState, before: ScreenState): ScreenState {
  const rows = tableRows(state);
  const isThere = state.expected !== null && rows.some(({ id }) => id === state.expected);
  const wanted = isThere ? state.expected : state.selected;
  const expected = isThere ? null : state.expected;
  const at = rows.findIndex(({ id }) => id === wanted);
  const selected = at === -1 ? neighbour(state, before) : wanted;
  const place = at === -1 ? rows.findIndex(({ id }) => id === selected) : at;
  const height = screenLayout(state).table;
  const top = windowTop({ top: state.top, selected: Math.max(0, place), height, total: rows.length });
  const focus = state.log.open ? state.focus : 'table';
  const log = selected === null && state.log.task !== null ? { ...state.log, ...nothingRead } : state.log;
  const isSame =
    !isThere && selected === state.selected && top === state.top && focus === state.focus && log === state.log;
  return isSame ? state : { ...state, selected, expected, top, focus, log };
}

const { open: _, follow: _f, wrap: _w, times: _t, ...nothingRead } = initialLog;

function throughTime(state: ScreenState, past: Past | null): ScreenState {
  if (past !== null) return { ...state, past, selectedNow: state.past === null ? state.selected : state.selectedNow };
  return { ...state, past, selected: state.selectedNow ?? state.selected, selectedNow: null };
}

/** The first row that is seen, moved as little as the selected one needs. */
export function windowTop({
  top,
  selected,
  height,
  total,
}: {
  readonly top: number;
  readonly selected: number;
  readonly height: number;
  readonly total: number;
}): number {
  const wanted = selected < top ? selected : selected >= top + height ? selected - height + 1 : top;
  return Math.max(0, Math.min(wanted, total - height));
}

function neighbour(state: ScreenState, before: ScreenState): number | null {
  const rows = tableRows(state);
  const earlier = before.selected === null ? -1 : positionOf(before);
  return rows[Math.max(0, Math.min(earlier, rows.length - 1))]?.id ?? null;
}

/** Where the selected row was before. */
function positionOf(before: ScreenState): number {
  return tableRows(before).findIndex(({ id }) => id === before.selected);
}

function toggled(set: ReadonlySet<number>, task: number): ReadonlySet<number> {
  const next = new Set(set);
  if (!next.delete(task)) next.add(task);
  return next;
}

import type { JournalEvent } from '../journal/events.ts';
import type { TaskFilter } from '../projections/task-filter.ts';
import type { TaskView } from '../projections/task-view.ts';
import type { LogEnd, TaskDetail } from '../protocol/answers.ts';
import { type KnownTasks, noTasks } from './known-tasks.ts';
import type { LogHits } from './log-hits.ts';
import type { Anchor } from './log-scroll.ts';
import { emptyWindow, type LogWindow } from './log-window.ts';
import type { TextField } from './text-field.ts';

/** All that the screen shows. It is changed only by `reduceScreen`, and drawn from nothing else. */
export interface ScreenState {
  readonly size: ScreenSize;
  /** The reader's clock, milliseconds since 1970, as of the last look at it. */
  readonly nowMs: number;
  readonly connection: ConnectionState;
  /** As it is now. */
  readonly present: KnownTasks;
  /** As it was: set while the past is shown. */
  readonly past: Past | null;
  /** Tasks that the history brought here, which ended too long ago to be known otherwise. */
  readonly guests: ReadonlyMap<number, TaskView>;
  readonly filter: TableFilter;
  readonly focus: 'table' | 'log';
  readonly selected: number | null;
  /** A task that was started here and is to be selected as soon as its events are there. */
  readonly expected: number | null;
  /** What was selected when the past was entered: it is again when that is left, unless another was chosen meanwhile. */
  readonly selectedNow: number | null;
  /** The index of the table's first row that is seen. */
  readonly top: number;
  readonly marked: ReadonlySet<number>;
  /** Those that ring when they end. */
  readonly awaited: ReadonlySet<number>;
  readonly log: LogPane;
  readonly page: Page | null;
  readonly dialog: Dialog | null;
  readonly toasts: readonly Toast[];
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** `why` in a sentence. `busy`: it is being made again. */
  | { readonly kind: 'lost'; readonly why: string; readonly busy: boolean };

export interface TableFilter {
  readonly text: string;
  /** Null where nothing is asked for, or what is asked for is wrong. */
  readonly terms: TaskFilter | null;
  readonly problem: string | null;
}

export const noFilter: TableFilter = { text: '', terms: null, problem: null };

/** A moment of the past. */
export interface Past {
  readonly known: KnownTasks;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Events around it, in order, as far as they were asked for. */
  readonly events: readonly JournalEvent[];
  readonly playing: boolean;
  /** How many times faster than it was. */
  readonly speed: number;
  /** It is being asked for. */
  readonly busy: boolean;
}

export const speeds: readonly number[] = [1, 2, 5, 10, 30, 60, 300, 1_800];

export interface LogPane {
  readonly open: boolean;
  readonly follow: boolean;
  readonly wrap: boolean;
  readonly times: boolean;
  readonly task: number | null;
  readonly window: LogWindow;
  /** The first row that is seen; null: the end. */
  readonly anchor: Anchor | null;
  /** Lines that came and are not in the window; null: more than were counted. */
  readonly missed: number | null;
  /** It was asked for and is not there yet. */
  readonly busy: boolean;
  /** How the log stands at its end; null: not known yet. */
  readonly reason: LogEnd['reason'] | null;
  /** Why it cannot be read, in a sentence, or null. */
  readonly problem: string | null;
  readonly search: LogSearchState | null;
}

export interface LogSearchState {
  readonly text: string;
  readonly hits: LogHits;
  /** Which of the hits is stood on, or null. */
  readonly current: number | null;
  /** Goes up whenever more was found. */
  readonly version: number;
}

/** The log pane before anything is known. */
export const initialLog: LogPane = {
  open: true,
  follow: false,
  wrap: false,
  times: false,
  task: null,
  window: emptyWindow,
  anchor: null,
  missed: 0,
  busy: false,
  reason: null,
  problem: null,
  search: null,
};

/** What lies over the panes. `top` is the first line that is seen. */
export type Page =
  | { readonly kind: 'help'; readonly top: number }
  | {
      readonly kind: 'details';
      readonly task: number;
      readonly detail: TaskDetail | null;
      /** Why it is in the state that it is in, in sentences. */
      readonly why: readonly string[];
      readonly problem: string | null;
      readonly top: number;
    }
  | HistoryPage
  | {
      readonly kind: 'audit';
      readonly events: readonly JournalEvent[];
      /** Null: the end, which moves on. */
      readonly top: number | null;
      readonly problem: string | null;
    };

export interface HistoryPage {
  readonly kind: 'history';
  readonly filter: TableFilter;
  readonly tasks: readonly TaskView[];
  readonly selected: number;
  readonly top: number;
  readonly complete: boolean;
  readonly busy: boolean;
  readonly problem: string | null;
}

export const runFields = ['command', 'name', 'folder', 'tags'] as const;
export type RunField = (typeof runFields)[number];

/** What is asked of the person at the keyboard. */
export type Dialog =
  | {
      readonly kind: 'run';
      readonly fields: Readonly<Record<RunField, TextField>>;
      readonly focus: RunField;
      /** Which of the earlier command lines stands in the field, and what was typed before; -1: that itself. */
      readonly recalled: number;
      readonly draft: string;
      readonly problem: string | null;
      readonly busy: boolean;
    }
  | { readonly kind: 'confirm'; readonly question: readonly string[]; readonly intent: Intent }
  | {
      readonly kind: 'prompt';
      readonly asks: PromptKind;
      readonly field: TextField;
      readonly problem: string | null;
      /** What was typed is being done: nothing more is typed. */
      readonly busy: boolean;
    };

export type PromptKind = 'filter' | 'history-filter' | 'search' | 'time' | 'export';

/** What is done when a question is answered with yes. */
export type Intent =
  | { readonly kind: 'stop' | 'kill'; readonly tasks: readonly number[] }
  | { readonly kind: 'shutdown' };

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad';
}

/** The screen before anything is known. */
export function initialScreen({ size, nowMs }: Pick<ScreenState, 'size' | 'nowMs'>): ScreenState {
  return {
    size,
    nowMs,
    connection: { kind: 'connecting' },
    present: noTasks,
    past: null,
    guests: new Map(),
    filter: noFilter,
    focus: 'table',
    selected: null,
    expected: null,
    selectedNow: null,
    top: 0,
    marked: new Set(),
    awaited: new Set(),
    log: initialLog,
    page: null,
    dialog: null,
    toasts: [],
  };
}

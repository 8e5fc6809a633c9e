/** What a key does. */
export type KeyAction =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'open'
  | 'follow'
  | 'toggle-log'
  | 'focus'
  | 'mark'
  | 'run'
  | 'stop'
  | 'kill'
  | 'restart'
  | 'await'
  | 'shutdown'
  | 'filter'
  | 'search'
  | 'next-hit'
  | 'previous-hit'
  | 'times'
  | 'wrap'
  | 'details'
  | 'history'
  | 'audit'
  | 'step-back'
  | 'step-forward'
  | 'go-to-time'
  | 'play'
  | 'faster'
  | 'slower'
  | 'export'
  | 'copy'
  | 'help'
  | 'back'
  | 'reconnect'
  | 'quit'
  | 'suspend';

/**
 * Where a key works: in the task table, in the log pane, in both while the past is shown, on a page that lies over them
 * (help, details, audit), in the history, and in the message of a lost connection.
 */
export type Place = 'table' | 'log' | 'past-table' | 'past-log' | 'page' | 'history' | 'lost';

/** In the order of the help. */
export const keyGroups = ['Move', 'Tasks', 'Log', 'Find', 'Past', 'Screen'] as const;
type KeyGroup = (typeof keyGroups)[number];

export interface KeyBinding {
  readonly group: KeyGroup;
  readonly action: KeyAction;
  /** As `keyNames` gives them. */
  readonly keys: readonly string[];
  /** As a person reads them. */
  readonly shown: string;
  readonly help: string;
  /** The word for the line at the bottom of the screen, or null where it has no room there. */
  readonly hint: string | null;
  readonly places: readonly Place[];
}

export const nowPlaces: readonly Place[] = ['table', 'log'];
export const pastPlaces: readonly Place[] = ['past-table', 'past-log'];
export const panePlaces: readonly Place[] = [...nowPlaces, ...pastPlaces];
export const pagePlaces: readonly Place[] = ['page', 'history'];
export const listPlaces: readonly Place[] = [...panePlaces, ...pagePlaces];

/**
 * Every key of the screen: what it does, what the help says of it, and where it works. Keys are looked up here and the
 * help is drawn from here, so that it cannot be wrong.
 */

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
export type KeyGroup = (typeof keyGroups)[number];

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

const now: readonly Place[] = ['table', 'log'];
const then: readonly Place[] = ['past-table', 'past-log'];
const panes: readonly Place[] = [...now, ...then];
const pages: readonly Place[] = ['page', 'history'];
const lists: readonly Place[] = [...panes, ...pages];

export const keyTable: readonly KeyBinding[] = [
  { group: 'Move', action: 'up', keys: ['up'], shown: '↑', help: 'up', places: lists, hint: null },
  { group: 'Move', action: 'down', keys: ['down', 'j'], shown: '↓ j', help: 'down', places: lists, hint: null },
  { group: 'Move', action: 'page-up', keys: ['pageup'], shown: 'PgUp', help: 'a page up', places: lists, hint: null },
  {
    group: 'Move',
    action: 'page-down',
    keys: ['pagedown'],
    shown: 'PgDn',
    help: 'a page down',
    places: lists,
    hint: null,
  },
  {
    group: 'Move',
    action: 'first',
    keys: ['g', 'home'],
    shown: 'g Home',
    help: 'to the first; in the log to its beginning',
    places: lists,
    hint: null,
  },
  {
    group: 'Move',
    action: 'last',
    keys: ['G', 'end'],
    shown: 'G End',
    help: 'to the last; in the log to its end',
    places: lists,
    hint: null,
  },
  {
    group: 'Move',
    action: 'focus',
    keys: ['tab'],
    shown: 'Tab',
    help: 'between table and log',
    places: panes,
    hint: 'log',
  },
  { group: 'Tasks', action: 'run', keys: ['r'], shown: 'r', help: 'run a command', places: now, hint: 'run' },
  { group: 'Tasks', action: 'stop', keys: ['s'], shown: 's', help: 'stop gracefully', places: now, hint: 'stop' },
  { group: 'Tasks', action: 'kill', keys: ['k'], shown: 'k', help: 'kill at once', places: now, hint: 'kill' },
  {
    group: 'Tasks',
    action: 'restart',
    keys: ['R'],
    shown: 'R',
    help: 'restart: the same again as a new task',
    places: now,
    hint: null,
  },
  {
    group: 'Tasks',
    action: 'await',
    keys: ['w'],
    shown: 'w',
    help: 'ring when it ends, and not',
    places: now,
    hint: null,
  },
  {
    group: 'Tasks',
    action: 'mark',
    keys: ['space'],
    shown: 'Space',
    help: 'mark several, for s and k',
    places: now,
    hint: null,
  },
  {
    group: 'Tasks',
    action: 'details',
    keys: ['i'],
    shown: 'i',
    help: 'details, why, timeline',
    places: panes,
    hint: 'info',
  },
  { group: 'Tasks', action: 'export', keys: ['e'], shown: 'e', help: 'export a recording', places: panes, hint: null },
  { group: 'Tasks', action: 'copy', keys: ['c'], shown: 'c', help: 'copy the command line', places: panes, hint: null },
  {
    group: 'Log',
    action: 'follow',
    keys: ['enter'],
    shown: 'Enter',
    help: "follow the selected task's log, on and off",
    places: now,
    hint: 'follow',
  },
  {
    group: 'Log',
    action: 'toggle-log',
    keys: ['l'],
    shown: 'l',
    help: 'open and close the log',
    places: panes,
    hint: null,
  },
  {
    group: 'Log',
    action: 'times',
    keys: ['T'],
    shown: 'T',
    help: 'show when each line came, and its stream',
    places: panes,
    hint: null,
  },
  {
    group: 'Log',
    action: 'wrap',
    keys: ['W'],
    shown: 'W',
    help: 'wrap long lines, or cut them',
    places: panes,
    hint: null,
  },
  {
    group: 'Find',
    action: 'filter',
    keys: ['/'],
    shown: '/',
    help: 'in the table and history: filter',
    places: ['table', 'past-table', 'history'],
    hint: 'filter',
  },
  {
    group: 'Find',
    action: 'search',
    keys: ['/'],
    shown: '/',
    help: 'in the log: search',
    places: ['log', 'past-log'],
    hint: 'search',
  },
  { group: 'Find', action: 'next-hit', keys: ['n'], shown: 'n', help: 'to the next hit', places: panes, hint: null },
  {
    group: 'Find',
    action: 'previous-hit',
    keys: ['N'],
    shown: 'N',
    help: 'to the hit before',
    places: panes,
    hint: null,
  },
  {
    group: 'Find',
    action: 'history',
    keys: ['h'],
    shown: 'h',
    help: 'history: every task that there was',
    places: panes,
    hint: 'history',
  },
  {
    group: 'Find',
    action: 'audit',
    keys: ['a'],
    shown: 'a',
    help: 'audit: every event as it happens',
    places: panes,
    hint: 'audit',
  },
  {
    group: 'Find',
    action: 'open',
    keys: ['enter'],
    shown: 'Enter',
    help: 'in the history: show that task',
    places: ['history'],
    hint: 'show',
  },
  {
    group: 'Past',
    action: 'step-back',
    keys: ['<', ','],
    shown: '<',
    help: 'a step back in time',
    places: panes,
    hint: 'past',
  },
  {
    group: 'Past',
    action: 'step-forward',
    keys: ['>', '.'],
    shown: '>',
    help: 'a step forward',
    places: then,
    hint: 'forward',
  },
  {
    group: 'Past',
    action: 'go-to-time',
    keys: ['t'],
    shown: 't',
    help: 'to a time: 14:30, 2h ago, seq:1812',
    places: panes,
    hint: null,
  },
  {
    group: 'Past',
    action: 'play',
    keys: ['space'],
    shown: 'Space',
    help: 'play it forward, and pause',
    places: then,
    hint: 'play',
  },
  { group: 'Past', action: 'faster', keys: ['+', '='], shown: '+', help: 'play faster', places: then, hint: null },
  { group: 'Past', action: 'slower', keys: ['-'], shown: '-', help: 'play slower', places: then, hint: null },
  {
    group: 'Screen',
    action: 'help',
    keys: ['?'],
    shown: '?',
    help: 'these keys',
    places: [...panes, 'history'],
    hint: 'keys',
  },
  {
    group: 'Screen',
    action: 'back',
    keys: ['esc'],
    shown: 'Esc',
    help: 'back: ends a search, returns to now, clears marks and filter',
    places: panes,
    hint: null,
  },
  {
    group: 'Screen',
    action: 'back',
    keys: ['esc', 'q'],
    shown: 'Esc q',
    help: 'leave a page such as this one',
    places: pages,
    hint: 'back',
  },
  {
    group: 'Screen',
    action: 'reconnect',
    keys: ['r'],
    shown: 'r',
    help: 'connect again after the daemon was lost, and start it',
    places: ['lost'],
    hint: null,
  },
  {
    group: 'Screen',
    action: 'shutdown',
    keys: ['d'],
    shown: 'd',
    help: 'shut the daemon down',
    places: now,
    hint: null,
  },
  {
    group: 'Screen',
    action: 'suspend',
    keys: ['ctrl-z'],
    shown: 'Ctrl-Z',
    help: 'to the shell; fg comes back',
    places: [...lists, 'lost'],
    hint: null,
  },
  {
    group: 'Screen',
    action: 'quit',
    keys: ['q', 'ctrl-c'],
    shown: 'q Ctrl-C',
    help: 'quit; tasks go on',
    places: [...panes, 'lost'],
    hint: 'quit',
  },
  {
    group: 'Screen',
    action: 'quit',
    keys: ['ctrl-c'],
    shown: 'Ctrl-C',
    help: 'quit, from anywhere',
    places: pages,
    hint: null,
  },
];

/** The keys of dialogs and prompts, where letters are typed. */
export const dialogKeys: readonly { readonly shown: string; readonly help: string }[] = [
  { shown: 'Enter', help: 'do it' },
  { shown: 'Esc', help: 'leave it' },
  { shown: 'Tab', help: 'to the next field' },
  { shown: '↑ ↓', help: 'in the command: what was run before' },
  { shown: 'y n', help: 'answer a question' },
];

/** What a key does in a place, or null. */
export function actionFor(key: string, place: Place): KeyAction | null {
  return keyTable.find(({ keys, places }) => keys.includes(key) && places.includes(place))?.action ?? null;
}

/** What the line at the bottom shows for a place. */
export function hintsFor(place: Place): readonly { readonly shown: string; readonly hint: string }[] {
  return keyTable.flatMap(({ shown, hint, places }) =>
    hint === null || !places.includes(place) ? [] : [{ shown: shown.split(' ')[0] ?? shown, hint }],
  );
}

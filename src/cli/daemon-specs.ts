import { type CommandSpec, flag, noWords, someTasks, valued } from './command-spec.ts';

/** Commands about the daemon and what it keeps, and about ghost itself. */
export const daemonSpecs: readonly CommandSpec[] = [
  {
    name: 'status',
    alias: null,
    group: 'The daemon',
    summary: 'is the daemon up, and how is it',
    description:
      'Says whether the daemon is up, its pid, version and uptime, how many tasks run, and how much is kept. Starts ' +
      'none: without a daemon the exit status is 3.',
    words: noWords,
    options: [],
    examples: [{ type: 'ghost status', does: 'ask it' }],
  },
  {
    name: 'prune',
    alias: null,
    group: 'The daemon',
    summary: 'take old output away; the facts stay',
    description:
      'Takes the output of tasks that have ended, the oldest first, and says whose and how much. What happened to them ' +
      'stays in the journal for ever. Without a limit and a task it takes what retention would take by itself by now. ' +
      'With --forget those tasks are hidden from lists and searches too: their facts and numbers stay, and "ghost ' +
      'history --hidden" finds them. A SIZE is 500MB, 2GiB or a number of bytes.',
    words: { ...someTasks, usage: '[ID...]', least: 0 },
    options: [
      valued('older', { name: 'DURATION', description: 'only of tasks that ended longer ago than that (30d, 12h)' }),
      valued('keep', { name: 'N', description: 'the newest N tasks that have ended keep theirs' }),
      valued('max-log', { name: 'SIZE', description: 'until all output takes at most that' }),
      flag('forget', { description: 'hide the tasks as well, whether they have output left or not' }),
      flag('dry-run', { description: 'only say what would go' }),
    ],
    examples: [
      { type: 'ghost prune --older 30d --dry-run', does: 'what is older than a month?' },
      { type: 'ghost prune --max-log 2GiB', does: 'make room' },
      { type: 'ghost prune 42 43 --forget', does: 'gone from disk and lists' },
      { type: 'ghost prune --older 90d --forget', does: 'hide what is older than three months' },
    ],
  },
  {
    name: 'shutdown',
    alias: null,
    group: 'The daemon',
    summary: 'end the daemon; the tasks run on',
    description:
      'Ends the daemon. Tasks that run go on running, and the next daemon takes them up again with nothing lost. The ' +
      'next command that needs a daemon starts one by itself.',
    words: noWords,
    options: [flag('stop-tasks', { description: 'stop all tasks first' })],
    examples: [
      { type: 'ghost shutdown', does: 'end it, leave the tasks alone' },
      { type: 'ghost shutdown --stop-tasks', does: 'end everything' },
    ],
  },
  {
    name: 'daemon',
    alias: null,
    group: 'The daemon',
    summary: 'run the daemon in the foreground',
    description:
      'Runs the daemon in the foreground, for a service manager or for debugging. There is no need to: every command ' +
      'that wants a daemon starts one in the background.',
    words: noWords,
    options: [
      flag('persist', { description: 'as the command line starts it: in the background, quiet' }),
      flag('check', { description: 'only say whether it could start, with its settings and native parts' }),
    ],
    examples: [{ type: 'ghost daemon', does: 'until Ctrl-C; the tasks run on' }],
  },
  {
    name: 'help',
    alias: null,
    group: 'Help',
    summary: 'show this overview, or the help of one command',
    description: 'Shows the overview of all commands, or the help of one.',
    words: { ...noWords, usage: '[COMMAND]', most: 1 },
    options: [flag('man', { description: 'print the manual page, ghost(1), as man takes it' })],
    examples: [
      { type: 'ghost help run', does: 'the same as ghost run --help' },
      { type: 'ghost help --man >ghost.1', does: 'to be read with man ./ghost.1' },
    ],
  },
  {
    name: 'version',
    alias: null,
    group: 'Help',
    summary: 'print the version',
    description: 'Prints the version of ghost, as -v and --version do.',
    words: noWords,
    options: [],
    examples: [{ type: 'ghost version', does: 'for a bug report' }],
  },
];

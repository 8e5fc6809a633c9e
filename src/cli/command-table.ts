import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { commonOptions, flag, noWords, oneTask, someTasks, valued } from './command-spec.ts';

const grace = valued('grace', {
  name: 'DURATION',
  description: 'how long it may take before SIGKILL (default 10s)',
});

/** Every command that there is, in the order in which help shows them. */
export const commandTable: readonly CommandSpec[] = [
  {
    name: 'run',
    alias: null,
    group: 'Start and look',
    summary: 'start a command in the background, print its number',
    description:
      'Starts a task and prints its number. Everything from the first word that is not an option of ghost belongs to ' +
      'the command and reaches it exactly as given; no shell is involved. The task runs on when this terminal closes, ' +
      'and all that it prints is kept.',
    words: {
      usage: '[--] COMMAND [ARG...]',
      least: 0,
      most: null,
      needed: 'a command',
      hint: 'ghost run sleep 60',
      kind: 'command',
    },
    options: [
      valued('shell', { short: 'c', name: 'SCRIPT', description: 'run a line of shell: $SHELL -c SCRIPT' }),
      flag('follow', {
        short: 'f',
        description: 'show the output, end with the exit status of the task; Ctrl-C leaves the task running',
      }),
      valued('name', { short: 'n', name: 'NAME', description: 'a name to call the task by' }),
      valued('cwd', { short: 'C', name: 'DIR', description: 'the folder to run in (default: this one)' }),
      valued('env', {
        short: 'e',
        name: 'K=V',
        repeatable: true,
        description: 'set a variable besides those of this shell',
      }),
      valued('tag', { short: 't', name: 'TAG', repeatable: true, description: 'a tag to find it by' }),
      valued('timeout', { name: 'DURATION', description: 'stop it after that time (500ms, 90s, 5m, 1h30m)' }),
    ],
    examples: [
      { type: 'ghost run sleep 60', does: 'run sleep with one argument' },
      { type: "ghost run -f -c 'date; sleep 2; date'", does: 'a line of shell, followed' },
      { type: 'ghost run -n web -- python3 -m http.server', does: 'a server with a name' },
    ],
  },
  {
    name: 'list',
    alias: 'ls',
    group: 'Start and look',
    summary: 'show the tasks',
    description: 'Shows the tasks that run and the 30 that ended last, the newest at the bottom.',
    words: noWords,
    options: [
      flag('all', { short: 'a', description: 'every task that there ever was' }),
      valued('state', {
        short: 's',
        name: 'STATE',
        repeatable: true,
        description: 'only these: running, exited, failed, killed, lost',
      }),
    ],
    examples: [
      { type: 'ghost list', does: 'what runs and what ended last' },
      { type: 'ghost list -a -s failed -s lost', does: 'everything that ever went wrong' },
    ],
  },
  {
    name: 'show',
    alias: null,
    group: 'Start and look',
    summary: 'show everything about one task',
    description:
      'Shows everything that is known about one task, and at the end all that happened to it. Of its environment ' +
      'only the names are shown.',
    words: oneTask,
    options: [],
    examples: [{ type: 'ghost show @last', does: 'the task that was started last' }],
  },
  {
    name: 'log',
    alias: 'logs',
    group: 'Start and look',
    summary: 'print what a task wrote',
    description:
      'Prints what the task wrote, byte for byte, in the order in which it was seen: its stdout to stdout, its stderr ' +
      'to stderr. Several tasks are told apart by their numbers at the start of each line. Works as well for tasks ' +
      'that ended long ago. A reader that closes the pipe ends it quietly, with 0.',
    words: someTasks,
    options: [
      flag('follow', { short: 'f', description: 'go on until the task ends' }),
      valued('lines', { short: 'n', name: 'N', description: 'only the last N lines' }),
      flag('stdout', { description: 'only what it wrote to stdout' }),
      flag('stderr', { description: 'only what it wrote to stderr' }),
    ],
    examples: [
      { type: 'ghost log -f @last', does: 'watch the task that was started last' },
      { type: 'ghost log -n 20 --stderr @last', does: 'its last 20 lines on stderr' },
      { type: 'ghost log --json @last', does: 'one { at, stream, text } a line' },
    ],
  },
  {
    name: 'wait',
    alias: null,
    group: 'Wait and end',
    summary: 'wait until tasks have ended',
    description:
      'Waits until the tasks have ended (without an ID: all that run now) and says how each did. Its exit status is ' +
      'that of the task, 128+n where signal n ended it; of several, that of the first one named that is not 0.',
    words: { ...someTasks, usage: '[ID...]', least: 0 },
    options: [
      flag('any', { description: 'until one of them has ended' }),
      valued('timeout', { name: 'DURATION', description: 'give up after that time, with exit status 124' }),
    ],
    examples: [
      { type: 'ghost wait @last && echo it worked', does: 'go on when the last task succeeded' },
      { type: 'ghost wait --timeout 5m', does: 'until nothing runs, five minutes at most' },
    ],
  },
  {
    name: 'stop',
    alias: null,
    group: 'Wait and end',
    summary: 'end tasks gracefully: SIGTERM, later SIGKILL',
    description:
      'Sends SIGTERM to the whole process group of the task, waits for it, sends SIGKILL when the grace has run out, ' +
      'and returns when the task has ended.',
    words: someTasks,
    options: [grace],
    examples: [
      { type: 'ghost stop @last', does: 'end the task that was started last' },
      { type: 'ghost stop --grace 1m @last', does: 'give it a minute to end by itself' },
    ],
  },
  {
    name: 'kill',
    alias: null,
    group: 'Wait and end',
    summary: 'send a signal to tasks: SIGKILL, or another one',
    description: 'Sends SIGKILL, or the signal named, to the whole process group of the task at once.',
    words: someTasks,
    options: [valued('signal', { short: 's', name: 'NAME', description: 'HUP, SIGUSR1, 15, ... (default SIGKILL)' })],
    examples: [
      { type: 'ghost kill @last', does: 'end it at once' },
      { type: 'ghost kill -s HUP @last', does: 'have it read its configuration again' },
    ],
  },
  {
    name: 'restart',
    alias: null,
    group: 'Wait and end',
    summary: 'start the command of a task again, as a new task',
    description:
      'Starts the same command again as a new task, with the same arguments, folder, environment, name and tags, and ' +
      'prints its number. A task that runs is stopped first.',
    words: someTasks,
    options: [grace],
    examples: [{ type: 'ghost restart @last', does: 'the last task once more' }],
  },
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
    options: [flag('persist', { description: 'as the command line starts it: in the background, quiet' })],
    examples: [{ type: 'ghost daemon', does: 'until Ctrl-C; the tasks run on' }],
  },
  {
    name: 'help',
    alias: null,
    group: 'Help',
    summary: 'show this overview, or the help of one command',
    description: 'Shows the overview of all commands, or the help of one.',
    words: { ...noWords, usage: '[COMMAND]', most: 1 },
    options: [],
    examples: [{ type: 'ghost help run', does: 'the same as ghost run --help' }],
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

/** The command that bears a name or an alias, or null. */
export function findCommand(word: string): CommandSpec | null {
  return commandTable.find(({ name, alias }) => word === name || word === alias) ?? null;
}

/** All options that a command understands: its own, then those of every command. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  return [...command.options, ...commonOptions];
}

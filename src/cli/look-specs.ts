import { type CommandSpec, flag, noWords, oneTask, someTasks, valued } from './command-spec.ts';

const since = valued('since', { name: 'TIME', description: 'only what was seen from then on (2h: that long ago)' });
const until = valued('until', { name: 'TIME', description: 'only what was seen before then' });
const at = valued('at', { name: 'TIME', description: 'as it stood then (14:30, 2h ago, seq:1812)' });
const ignoreCase = flag('ignore-case', { short: 'i', description: 'whatever the case of the letters' });
const contextLines = valued('context', { short: 'C', name: 'N', description: 'N lines before and after each as well' });

/** Commands that start tasks and look at them. */
export const lookSpecs: readonly CommandSpec[] = [
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
      valued('shell', {
        short: 'c',
        name: 'SCRIPT',
        flagBeside: 'batch',
        description: 'run a line of shell: $SHELL -c SCRIPT',
      }),
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
      valued('batch', {
        name: 'FILE',
        description:
          'start a task for each line of FILE (- is standard input), an object in JSON with command, cwd, env, name, ' +
          'tags, or with -c a line of shell; print their numbers in that order',
      }),
    ],
    examples: [
      { type: 'ghost run sleep 60', does: 'run sleep with one argument' },
      { type: "ghost run -f -c 'date; sleep 2; date'", does: 'a line of shell, followed' },
      { type: 'ghost run -n web -- python3 -m http.server', does: 'a server with a name' },
      { type: 'ghost run -c --batch lines.txt', does: 'a task for each line of shell' },
    ],
  },
  {
    name: 'list',
    alias: 'ls',
    group: 'Start and look',
    summary: 'show the tasks',
    description:
      'Shows the tasks that run and the 30 that ended last, the newest at the bottom. With --at it is the table as it stood ' +
      'at that time, with the states, names and tags of then.',
    words: noWords,
    options: [
      flag('all', { short: 'a', description: 'every task that there ever was' }),
      valued('state', {
        short: 's',
        name: 'STATE',
        repeatable: true,
        description: 'only these: running, exited, failed, killed, lost',
      }),
      at,
    ],
    examples: [
      { type: 'ghost list', does: 'what runs and what ended last' },
      { type: "ghost list --at 'yesterday 14:30'", does: 'what ran then' },
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
      'only the names are shown; with --env the values too, but for those that look like a secret by their name or shape.',
    words: oneTask,
    options: [
      flag('env', { description: 'also the values of its environment' }),
      flag('reveal', { description: 'with --env: also what looks like a secret' }),
      at,
    ],
    examples: [
      { type: 'ghost show @last', does: 'the task that was started last' },
      { type: 'ghost show @last --env', does: 'with its environment' },
      { type: "ghost show @last --at '10m ago'", does: 'as it stood then' },
    ],
  },
  {
    name: 'log',
    alias: 'logs',
    group: 'Start and look',
    summary: 'print what a task wrote',
    description:
      'Prints what the task wrote, byte for byte, in the order in which it was seen: its stdout to stdout, its stderr ' +
      'to stderr. Several tasks are told apart by their numbers at the start of each line. Works as well for tasks ' +
      'that ended long ago. A reader that closes the pipe ends it quietly, with 0. With --grep only the lines that match ' +
      'are printed, and the exit status is 1 where none does. A REGEX is one of JavaScript; a TIME is 14:30, yesterday ' +
      '14:30, 2026-11-20 14:30 (or all of ISO 8601), 2h ago, -2h, or seq:1812 for the time of an event.',
    words: someTasks,
    options: [
      flag('follow', { short: 'f', description: 'go on until the task ends' }),
      valued('lines', { short: 'n', name: 'N', description: 'only the last N lines' }),
      flag('stdout', { description: 'only what it wrote to stdout' }),
      flag('stderr', { description: 'only what it wrote to stderr' }),
      since,
      until,
      valued('grep', {
        short: 'g',
        name: 'REGEX',
        description: 'only the lines that match; with -n the last N of them',
      }),
      ignoreCase,
      contextLines,
      flag('timestamps', { short: 'T', description: 'the time before each line' }),
    ],
    examples: [
      { type: 'ghost log -f @last', does: 'watch the task that was started last' },
      { type: 'ghost log -n 20 --stderr @last', does: 'its last 20 lines on stderr' },
      { type: "ghost log -g 'error|warn' -C 2 42", does: 'errors, with two lines around' },
      { type: "ghost log -T --since '2h ago' 42", does: 'the last two hours, with times' },
      { type: 'ghost log --json @last', does: 'one { at, stream, text } a line' },
    ],
  },
  {
    name: 'grep',
    alias: null,
    group: 'Start and look',
    summary: 'search what many tasks wrote',
    description:
      'Prints the lines that match, as "42 stderr 14:03:22 text", from the logs of the tasks named or of all, the newest ' +
      'task last. Exits as grep does: with 0 where a line matched, with 1 where none did. A REGEX is one of JavaScript.',
    words: {
      usage: 'REGEX [ID...]',
      least: 1,
      most: null,
      needed: 'a REGEX to search for',
      hint: 'ghost grep error',
      kind: 'anywhere',
    },
    options: [
      since,
      until,
      valued('tag', {
        short: 't',
        name: 'TAG',
        repeatable: true,
        description: 'only tasks that bear it (or one of them)',
      }),
      ignoreCase,
      contextLines,
      flag('list', { short: 'l', description: 'only the numbers of the tasks that have such a line' }),
    ],
    examples: [
      { type: "ghost grep -i 'out of memory'", does: 'in all that was ever kept' },
      { type: "ghost grep --since yesterday --tag ci 'FAIL '", does: 'what failed since yesterday' },
      { type: 'ghost grep -l panic', does: 'the tasks that panicked' },
    ],
  },
];

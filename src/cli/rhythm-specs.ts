import { type CommandSpec, flag, oneTask, someTasks, valued } from './command-spec.ts';

/** Commands that show a run in time, beside another one, or to others. */
export const rhythmSpecs: readonly CommandSpec[] = [
  {
    name: 'timeline',
    alias: null,
    group: 'Ask the past',
    summary: 'draw when what happened',
    description:
      'Draws when what happened. One task is shown as its steps, each with its time and how long after the start it ' +
      'was. Several are lanes under one axis; without any, those that run and the ones that ended last, or with --since ' +
      'and --until those that ran in that time. Where no daemon ran the axis has a gap (the tasks ran on all the same); ' +
      'one that crashed did so at some time in it. The end of a lane tells how the task ended, and lines below say how.',
    words: { ...someTasks, usage: '[ID...]', least: 0 },
    options: [
      valued('since', { name: 'TIME', description: 'from then on (2h: that long ago)' }),
      valued('until', { name: 'TIME', description: 'until then' }),
    ],
    examples: [
      { type: 'ghost timeline @last', does: 'the steps of the task that was started last' },
      { type: 'ghost timeline', does: 'what ran lately, side by side' },
      { type: "ghost timeline --since '2h ago'", does: 'what ran in the last two hours' },
    ],
  },
  {
    name: 'replay',
    alias: null,
    group: 'Ask the past',
    summary: 'print a log again in the rhythm in which it came',
    description:
      'Prints what a task wrote again, in the rhythm in which it came: its stdout to stdout, its stderr to stderr. On a ' +
      'terminal the space bar pauses and goes on, "." prints the next piece and pauses, and q or Ctrl-C leaves. What was ' +
      'written while no daemon ran has no times, and comes at once. Of a task that still runs it ends where the log ends.',
    words: oneTask,
    options: [
      valued('speed', { name: 'N', description: 'N times as fast, from 0.1 to 1000, or "max" (default: 1)' }),
      valued('idle-limit', { name: 'DURATION', description: 'a pause of the task counts at most so long' }),
      valued('from', {
        name: 'WHEN',
        description: 'begin there, a TIME or a DURATION after its start; what lies before is left out',
      }),
    ],
    examples: [
      { type: 'ghost replay @last', does: 'as it was' },
      { type: 'ghost replay --speed 10 --idle-limit 2s 42', does: 'fast, and no long waits' },
      { type: 'ghost replay --from 5m 42', does: 'from the fifth minute on' },
    ],
  },
  {
    name: 'diff',
    alias: null,
    group: 'Ask the past',
    summary: 'say what differs between two runs',
    description:
      'Says what differs between two runs: arguments, folder, environment, name and tags, how they ended, and their ' +
      'output line by line, each stream on its own. Exits as diff does: with 0 where nothing differs, else with 1. How ' +
      'long they took is told and makes no difference. In the lines dates, times of day, durations with a unit (1.2s) ' +
      'and the own process id are not compared, unless --exact. Of long logs the last 20000 lines are.',
    words: {
      ...oneTask,
      usage: 'A B',
      least: 2,
      most: 2,
      needed: 'the IDs of two tasks',
      hint: 'ghost diff 41 42',
    },
    options: [
      valued('ignore', {
        name: 'REGEX',
        repeatable: true,
        description: 'leave out of each line what matches before lines are compared',
      }),
      flag('exact', { description: 'compare lines as they are' }),
      flag('env', { description: 'values of variables as well; what looks like a secret is masked' }),
      flag('reveal', { description: 'with --env: secrets as well' }),
    ],
    examples: [
      { type: 'ghost diff 41 42', does: 'what is new in 42' },
      { type: "ghost diff --ignore '0x[0-9a-f]+' build @last", does: 'whatever the addresses are' },
      { type: 'ghost diff --env 41 42', does: 'with the values of variables' },
    ],
  },
  {
    name: 'export',
    alias: null,
    group: 'Ask the past',
    summary: 'write a recording, or everything about a task',
    description:
      'Writes what a task wrote as a recording (asciicast v3) that asciinema plays and uploads, or everything about it ' +
      'as one JSON file for a bug report: the task, its events, its environment, the last 200 lines of its log, and how ' +
      'the daemon is. Of the environment, values that look like secrets are never in it. In a recording both streams are ' +
      'shown, with CR LF where the task wrote LF, as a terminal would have done; signals, crashes of the daemon and ' +
      'an end without an exit status are markers. A file is written whole or not at all, and for nobody else to read.',
    words: oneTask,
    options: [
      valued('cast', { name: 'FILE', description: 'a recording; - is standard output' }),
      valued('json', { name: 'FILE', description: 'a report; - is standard output' }),
      valued('size', { name: 'COLSxROWS', description: 'the terminal to show a recording in (default: 80x24)' }),
      flag('force', { description: 'replace a file that is there' }),
    ],
    examples: [
      { type: 'ghost export @last --cast run.cast', does: 'then: asciinema play run.cast' },
      { type: 'ghost export 42 --cast - --size 120x40', does: 'to stdout, for a wide terminal' },
      { type: 'ghost export 42 --json report.json', does: 'a file to attach to a bug report' },
    ],
  },
];

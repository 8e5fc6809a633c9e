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
      valued('since', { name: 'TIME', description: 'from then on' }),
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
      { type: 'ghost replay --speed 10 --idle-limit 2s 42', does: 'ten times as fast, without long waits' },
      { type: 'ghost replay --from 5m 42', does: 'from the fifth minute on' },
    ],
  },
  {
    name: 'diff',
    alias: null,
    group: 'Ask the past',
    summary: 'say what differs between two runs',
    description: 'Say what differs between two runs.',
    words: oneTask,
    options: [],
    examples: [],
  },
  {
    name: 'export',
    alias: null,
    group: 'Ask the past',
    summary: 'write a recording, or everything about a task',
    description: 'Write a recording, or everything about a task.',
    words: oneTask,
    options: [flag('force', { description: 'overwrite a file that is there' })],
    examples: [],
  },
];

import { type CommandSpec, oneTask } from './command-spec.ts';

/** Commands that show a run in time, beside another one, or to others. */
export const rhythmSpecs: readonly CommandSpec[] = [
  {
    name: 'timeline',
    alias: null,
    group: 'Ask the past',
    summary: 'draw when what happened',
    description: 'Draw when what happened.',
    words: oneTask,
    options: [],
    examples: [],
  },
  {
    name: 'replay',
    alias: null,
    group: 'Ask the past',
    summary: 'print a log again in the rhythm in which it came',
    description: 'Print a log again in the rhythm in which it came.',
    words: oneTask,
    options: [],
    examples: [],
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
    options: [],
    examples: [],
  },
];

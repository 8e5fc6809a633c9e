import { type CommandSpec, noWords } from './command-spec.ts';

/** Commands that ask the history of all tasks. */
export const historySpecs: readonly CommandSpec[] = [
  {
    name: 'history',
    alias: null,
    group: 'Ask the past',
    summary: 'ask the whole past',
    description: 'Ask the whole past.',
    words: noWords,
    options: [],
    examples: [],
  },
];

import { type CommandSpec, noWords, oneTask } from './command-spec.ts';

/** Commands that ask the events, and explain what they came to. */
export const auditSpecs: readonly CommandSpec[] = [
  {
    name: 'audit',
    alias: null,
    group: 'Ask the past',
    summary: 'the events themselves, and who did what',
    description: 'The events themselves, and who did what.',
    words: noWords,
    options: [],
    examples: [],
  },
  {
    name: 'why',
    alias: null,
    group: 'Ask the past',
    summary: 'say why a task is in the state that it is in',
    description: 'Say why a task is in the state that it is in.',
    words: oneTask,
    options: [],
    examples: [],
  },
];

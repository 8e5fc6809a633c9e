import { type CommandSpec, oneTask } from './command-spec.ts';

/** Commands that change what is known of a task. */
export const changeSpecs: readonly CommandSpec[] = [
  {
    name: 'rename',
    alias: null,
    group: 'Change what is known',
    summary: 'give a task another name',
    description: 'Give a task another name.',
    words: oneTask,
    options: [],
    examples: [],
  },
  {
    name: 'tag',
    alias: null,
    group: 'Change what is known',
    summary: 'put tags on a task, or take them off',
    description: 'Put tags on a task, or take them off.',
    words: oneTask,
    options: [],
    examples: [],
  },
  {
    name: 'redact',
    alias: null,
    group: 'Change what is known',
    summary: 'remove the value of a variable from the store for good',
    description: 'Remove the value of a variable from the store for good.',
    words: oneTask,
    options: [],
    examples: [],
  },
];

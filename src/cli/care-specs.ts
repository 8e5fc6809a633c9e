import { type CommandSpec, noWords } from './command-spec.ts';

/** Commands that look after ghost itself. */
export const careSpecs: readonly CommandSpec[] = [
  {
    name: 'doctor',
    alias: null,
    group: 'The daemon',
    summary: 'check all that can be wrong, and say how to mend it',
    description: 'Check all that can be wrong, and say how to mend it.',
    words: noWords,
    options: [],
    examples: [],
  },
];

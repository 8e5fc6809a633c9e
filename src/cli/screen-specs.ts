import { type CommandSpec, noWords } from './command-spec.ts';

/** The command that opens the screen. */
export const screenSpecs: readonly CommandSpec[] = [
  {
    name: 'ui',
    alias: null,
    group: 'Start and look',
    summary: 'the screen: everything by keyboard',
    description: 'The screen: everything by keyboard.',
    words: noWords,
    options: [],
    examples: [],
  },
];

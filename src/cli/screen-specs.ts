import { type CommandSpec, noWords } from './command-spec.ts';

/** The command that opens the screen. */
export const screenSpecs: readonly CommandSpec[] = [
  {
    name: 'ui',
    alias: null,
    group: 'Start and look',
    summary: 'the screen: everything by keyboard',
    description:
      'Shows the tasks and what they write on the whole terminal, and does from the keyboard all that the commands do. ' +
      'Press ? in it for its keys; q leaves it. It leaves the tasks alone: they go on whether it is open or not. ' +
      'On a terminal, ghost without a command opens it too.',
    words: noWords,
    options: [],
    examples: [{ type: 'ghost ui', does: 'open the screen' }],
  },
];

import { type CommandSpec, flag, noWords } from './command-spec.ts';

/** Commands that look after ghost itself. */
export const careSpecs: readonly CommandSpec[] = [
  {
    name: 'doctor',
    alias: null,
    group: 'The daemon',
    summary: 'check all that can be wrong, and say how to mend it',
    description:
      'Checks the data folder and its permissions, the journal and its chain, the output that it tells of, what runs, ' +
      'the daemon, its socket and locks, the disk, and the limits of the system, and says how to mend what is wrong. ' +
      'Starts no daemon and works where none can start. Nothing is changed without --fix. Exits with 1 where a problem ' +
      'is left.',
    words: noWords,
    options: [
      flag('fix', {
        description:
          'mend what is safe to mend: permissions, leftovers, stale locks; a damaged journal is put aside and restored ' +
          'from its last good state. Nothing that is not made again is removed',
      }),
      flag('rebuild', { description: 'fold every read model anew from the events, and compare' }),
    ],
    examples: [
      { type: 'ghost doctor', does: 'is all well?' },
      { type: 'ghost doctor --fix', does: 'mend what can be mended' },
      { type: 'ghost doctor --json', does: 'an array of { check, status, message, hint, mendable }' },
    ],
  },
  {
    name: 'config',
    alias: null,
    group: 'The daemon',
    summary: 'show the settings, and where each comes from',
    description:
      'Shows every setting, its value and where that comes from: the default, a variable of the environment, or a line ' +
      'of the config file. A file that is wrong is refused by its key, its value and its line; a daemon that runs works ' +
      'on with what it read when it started.',
    words: noWords,
    options: [flag('schema', { description: 'print the JSON Schema of the config file, for editors' })],
    examples: [
      { type: 'ghost config', does: 'what is in force?' },
      { type: 'ghost config --schema > ghost.schema.json', does: 'for "$schema" in the file' },
    ],
  },
  {
    name: 'completion',
    alias: null,
    group: 'Help',
    summary: 'let your shell complete commands, options and tasks',
    description:
      'Prints what makes bash, zsh or fish complete the commands of ghost, their options and values, and the numbers and ' +
      'names of tasks, which are asked of the daemon that runs. None is started for it.',
    words: {
      usage: 'SHELL',
      least: 1,
      most: null,
      needed: 'the name of a shell: bash, zsh or fish',
      hint: 'ghost completion bash',
      // The words of another command line may be options, or empty.
      kind: 'command',
    },
    options: [flag('candidates', { description: 'what can follow the words after --; for the scripts themselves' })],
    examples: [
      { type: 'source <(ghost completion bash)', does: 'in ~/.bashrc; zsh alike, in ~/.zshrc' },
      { type: 'ghost completion fish | source', does: 'in ~/.config/fish/config.fish' },
    ],
  },
];

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
];

import { eventTypes } from '../words/event-types.ts';
import { type CommandSpec, flag, noWords, oneTask, valued } from './command-spec.ts';

/** Commands that ask the events, and explain what they came to. */
export const auditSpecs: readonly CommandSpec[] = [
  {
    name: 'audit',
    alias: null,
    group: 'Ask the past',
    summary: 'the events themselves, and who did what',
    description:
      'Prints the events themselves, oldest first: number, time, task, what happened, and who did it (user, terminal, ' +
      'process, client, command line). Without an option it prints all that there are; with several only those that fit ' +
      'all. A reader that died goes on with --after and the number of the last event that it has, and misses none. ' +
      'With --verify it recomputes the hash of every event and the check-sum of every log segment and environment, ' +
      'tells what does not hold, and exits with 1 where something does not. The head that it prints stands for all ' +
      'events until then: kept elsewhere, it shows later that none of them was changed. A TIME is 14:30, yesterday ' +
      `14:30, 2026-11-20 14:30, 2h ago or seq:1812. A TYPE is ${eventTypes.slice(0, -1).join(', ')} or ${eventTypes.at(-1)}.`,
    words: noWords,
    options: [
      valued('task', { name: 'ID', repeatable: true, description: 'only about this task (or one of them)' }),
      valued('type', { name: 'TYPE', repeatable: true, description: 'only of this type (or one of them)' }),
      valued('since', { name: 'TIME', description: 'only from then on (2h: that long ago)' }),
      valued('until', { name: 'TIME', description: 'only before then' }),
      valued('after', { name: 'SEQ', description: 'only after the event of this number' }),
      valued('actor', {
        name: 'TEXT',
        description:
          'only what was done by somebody in whose user name, client, terminal or command line it occurs, or whose uid or pid it is',
      }),
      valued('lines', { short: 'n', name: 'N', description: 'of what there is, only the last N' }),
      flag('follow', { short: 'f', description: 'go on with those to come (-n 0: only those)' }),
      flag('verify', { description: 'check that nothing was changed' }),
    ],
    examples: [
      { type: 'ghost audit --task 42', does: 'all that happened to task 42' },
      { type: 'ghost audit --type SignalRequested --since -1d', does: 'who stopped what?' },
      { type: 'ghost audit -f --json --after 42', does: 'feed a program' },
      { type: 'ghost audit --verify', does: 'does the journal still hold?' },
    ],
  },
  {
    name: 'why',
    alias: null,
    group: 'Ask the past',
    summary: 'say why a task is in the state that it is in',
    description:
      'Says in sentences why a task is in the state that it is in: who sent which signal and what came after, why it ' +
      'could not be started, what a code means, what is known of one that is lost, and how one is that runs.',
    words: oneTask,
    options: [],
    examples: [
      { type: 'ghost why @last', does: 'what became of the last task?' },
      { type: 'ghost why 42 --json', does: 'the same with the events that tell it' },
    ],
  },
];

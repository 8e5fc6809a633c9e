import { type CommandSpec, flag, someTasks, valued } from './command-spec.ts';

const grace = valued('grace', {
  name: 'DURATION',
  description: 'how long it may take before SIGKILL (default 10s)',
});

/** Commands that wait for tasks and end them. */
export const endSpecs: readonly CommandSpec[] = [
  {
    name: 'wait',
    alias: null,
    group: 'Wait and end',
    summary: 'wait until tasks have ended',
    description:
      'Waits until the tasks have ended (without an ID: all that run now) and says how each did. Its exit status is ' +
      'that of the task, 128+n where signal n ended it; of several, that of the first one named that is not 0. With --log ' +
      'it waits until the log has a line that matches (it may have it already) and says nothing; the exit status is 1 ' +
      'where the task ends without one.',
    words: { ...someTasks, usage: '[ID...]', least: 0 },
    options: [
      flag('any', { description: 'until one of them has ended' }),
      valued('log', { name: 'REGEX', description: 'until the log of the one task named has a line like that' }),
      valued('timeout', { name: 'DURATION', description: 'give up after that time, with exit status 124' }),
    ],
    examples: [
      { type: 'ghost wait @last && echo it worked', does: 'go on when the last task succeeded' },
      { type: 'ghost wait --log ready web', does: 'until the server is up' },
      { type: 'ghost wait --timeout 5m', does: 'until nothing runs, five minutes at most' },
    ],
  },
  {
    name: 'stop',
    alias: null,
    group: 'Wait and end',
    summary: 'end tasks gracefully: SIGTERM, later SIGKILL',
    description:
      'Sends SIGTERM to the whole process group of the task, waits for it, sends SIGKILL when the grace has run out, ' +
      'and returns when the task has ended.',
    words: someTasks,
    options: [grace],
    examples: [
      { type: 'ghost stop @last', does: 'end the task that was started last' },
      { type: 'ghost stop --grace 1m @last', does: 'give it a minute to end by itself' },
    ],
  },
  {
    name: 'kill',
    alias: null,
    group: 'Wait and end',
    summary: 'send a signal to tasks: SIGKILL, or another one',
    description: 'Sends SIGKILL, or the signal named, to the whole process group of the task at once.',
    words: someTasks,
    options: [valued('signal', { short: 's', name: 'NAME', description: 'HUP, SIGUSR1, 15, ... (default SIGKILL)' })],
    examples: [
      { type: 'ghost kill @last', does: 'end it at once' },
      { type: 'ghost kill -s HUP @last', does: 'have it read its configuration again' },
    ],
  },
  {
    name: 'restart',
    alias: null,
    group: 'Wait and end',
    summary: 'start the command of a task again, as a new task',
    description:
      'Starts the same command again as a new task, with the same arguments, folder, environment, name and tags, and ' +
      'prints its number. A task that runs is stopped first.',
    words: someTasks,
    options: [grace],
    examples: [{ type: 'ghost restart @last', does: 'the last task once more' }],
  },
];

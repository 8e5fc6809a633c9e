import { type CommandSpec, flag, valued } from './command-spec.ts';

/** Commands that ask the history of all tasks. */
export const historySpecs: readonly CommandSpec[] = [
  {
    name: 'history',
    alias: null,
    group: 'Ask the past',
    summary: 'ask the whole past',
    description:
      'Shows the tasks of the whole past that fit everything that is asked, the newest at the bottom; in JSON one array, ' +
      'the newest first. A word of TEXT must be in the command line or the name; "two words" in quotes stand together. What the ' +
      'options say can be typed among the words as well: exit:0, state:failed,killed (one of them), signal:TERM, ' +
      'name:web, tag:ci, cwd:. (that folder or one below it), since:2h, until:"yesterday 14:30", longer:5m, shorter:10s. ' +
      'A ! before a value or a word is not: exit:!0, !install. A text with a colon goes into double quotes. Put it all ' +
      'into single quotes, so that the shell leaves it alone.',
    words: { usage: '[TEXT]', least: 0, most: null, needed: '', hint: '', kind: 'anywhere' },
    options: [
      valued('exit', { name: 'N', repeatable: true, description: 'that ended with it; !0: with anything else' }),
      valued('state', {
        short: 's',
        name: 'STATE',
        repeatable: true,
        description: 'only these: running, exited, failed, killed, lost',
      }),
      valued('signal', { name: 'NAME', repeatable: true, description: 'that this signal ended' }),
      valued('since', { name: 'TIME', description: 'started at that time or later (2h: that long ago)' }),
      valued('until', { name: 'TIME', description: 'started before that time' }),
      valued('cwd', { short: 'C', name: 'DIR', repeatable: true, description: 'that ran in that folder or below it' }),
      valued('name', { name: 'NAME', repeatable: true, description: 'of that name' }),
      valued('tag', {
        short: 't',
        name: 'TAG',
        repeatable: true,
        description: 'that bear it, and every one that is given',
      }),
      valued('longer', { name: 'DURATION', description: 'that took so long or longer' }),
      valued('shorter', { name: 'DURATION', description: 'that took so long or shorter' }),
      valued('limit', { short: 'n', name: 'N', description: 'the newest N of them (default: 30)' }),
      flag('all', { short: 'a', description: 'all of them' }),
      flag('hidden', { description: 'also what was hidden with ghost prune --forget' }),
      flag('stats', { description: 'by command: runs, failures, median and 95th percentile of the duration' }),
    ],
    examples: [
      { type: 'ghost history', does: 'what ran last' },
      { type: "ghost history 'npm test exit:!0 longer:5m cwd:.'", does: 'here, in vain' },
      { type: 'ghost history \'make until:"yesterday 18:00"\'', does: 'a value with a space in it' },
      { type: "ghost history --state failed --since '9:00'", does: 'the same as options' },
      { type: "ghost history --stats 'make since:7d'", does: 'how often, how long' },
      { type: 'ghost history --json --all tag:ci', does: 'for a program' },
    ],
  },
];

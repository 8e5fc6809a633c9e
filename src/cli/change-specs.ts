import { type CommandSpec, flag, oneTask, valued } from './command-spec.ts';

/** Commands that change what is known of a task. */
export const changeSpecs: readonly CommandSpec[] = [
  {
    name: 'rename',
    alias: null,
    group: 'Change what is known',
    summary: 'give a task another name',
    description:
      'Gives a task another name, or takes it away. Lists show the names of now; "ghost list --at TIME" those of then. ' +
      'Several tasks may bear the same name: it then means the newest of them.',
    words: { ...oneTask, usage: 'ID [NAME]', most: 2, hint: 'ghost rename @last web' },
    options: [flag('clear', { description: 'take its name away' })],
    examples: [
      { type: 'ghost rename @last web', does: 'then: ghost log web' },
      { type: 'ghost rename web --clear', does: 'it has no name any more' },
    ],
  },
  {
    name: 'tag',
    alias: null,
    group: 'Change what is known',
    summary: 'put tags on a task, or take them off',
    description:
      'Puts tags on a task (+TAG) and takes them off (-TAG). What is there already is not put on again, and what is not ' +
      'there is not taken off. A tag that is spelled as an option (h) is taken off behind a --.',
    words: {
      usage: 'ID +TAG -TAG...',
      least: 2,
      most: null,
      needed: 'the ID of a task, and tags with + or - before them',
      hint: 'ghost tag @last +ci',
      kind: 'signed',
    },
    options: [],
    examples: [
      { type: 'ghost tag @last +ci +nightly', does: 'two tags more' },
      { type: 'ghost tag @last +slow -nightly', does: 'one put on, one taken off' },
      { type: "ghost history 'tag:ci exit:!0'", does: 'what went wrong of those' },
    ],
  },
  {
    name: 'redact',
    alias: null,
    group: 'Change what is known',
    summary: 'remove the value of a variable from the store for good',
    description:
      'Removes the value of an environment variable of a task from the store for good, and the same value of that name ' +
      'from the environments of all other tasks, with the bytes in backups and free pages. The journal says so and stays ' +
      'verifiable. Such a task cannot be restarted as it was. What a task printed or was given as an argument is not ' +
      'looked at (see ghost prune), and one that still runs has the value in its memory until it ends.',
    words: oneTask,
    options: [valued('env', { name: 'NAME', repeatable: true, description: 'the variable' })],
    examples: [
      { type: 'ghost show @last --env', does: 'what is there; secrets are masked' },
      { type: 'ghost redact @last --env API_TOKEN', does: 'that value is gone, here and everywhere' },
    ],
  },
];

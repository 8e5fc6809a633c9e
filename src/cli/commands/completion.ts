import { GhostError } from '../../ghost-error.ts';
import type { TaskView } from '../../projections/task-view.ts';
import { nearest } from '../../words/nearest.ts';
import { visible } from '../../words/visible.ts';
import type { Command, CommandContext } from '../command.ts';
import { type Candidate, complete, shells } from '../completion/candidates.ts';
import { completionScripts } from '../completion/scripts.ts';
import { tagCandidates, taskCandidates } from '../completion/task-candidates.ts';

/** `ghost completion SHELL` prints a script; the script asks `ghost completion --candidates -- WORD...`. */
export const completion: Command = async ({ options, words }, context) => {
  await context.stdout.write(options.has('candidates') ? await answer(words, context) : scriptOf(words));
  return 0;
};

function scriptOf([word = '', superfluous]: readonly string[]): string {
  if (superfluous !== undefined) {
    throw new GhostError('usage', `completion takes one SHELL; "${visible(superfluous)}" is too much`, {
      hint: 'ghost completion --help',
    });
  }
  const shell = shells.find((known) => known === word);
  if (shell !== undefined) return completionScripts[shell];
  throw new GhostError('usage', `there is no completion for "${visible(word)}"; there is for ${shells.join(', ')}`, {
    hint: `ghost completion ${nearest(word, shells) ?? 'bash'}`,
  });
}

async function answer(words: readonly string[], context: CommandContext): Promise<string> {
  const found = complete(words);
  switch (found.kind) {
    case 'files':
    case 'folders':
      return `${found.kind}\n`;
    case 'command':
      return `command ${found.from}\n`;
    case 'candidates':
      return linesOf(found.candidates);
    case 'tasks': {
      const tasks = await shownTasks(context);
      return linesOf(taskCandidates(tasks.filter(({ state }) => found.only === 'any' || state === 'running')));
    }
    case 'tags':
      return linesOf(tagCandidates(await shownTasks(context)));
  }
}

function linesOf(candidates: readonly Candidate[]): string {
  const lines = candidates.map(({ value, description }) => `${value}${description === '' ? '' : `\t${description}`}\n`);
  return `candidates\n${lines.join('')}`;
}

/** Whoever presses Tab does not wait for a daemon that is stuck. */
const patienceMs = 1_000;

/** What `ghost list` shows, by the daemon that runs; nothing where none does, or it does not answer. */
async function shownTasks({ connect, after }: CommandContext): Promise<readonly TaskView[]> {
  const asked = connect({ start: false })
    .then((client) => client.list())
    .catch((error: unknown) => {
      if (error instanceof GhostError) return [];
      throw error;
    });
  const late = Promise.withResolvers<readonly TaskView[]>();
  const callOff = after(patienceMs, () => late.resolve([]));
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    callOff();
  }
}

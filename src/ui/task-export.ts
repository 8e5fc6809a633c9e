import { resolve } from 'node:path';

import { GhostError } from '../ghost-error.ts';
import { visible } from '../words/visible.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import { answerDialog } from './screen-store.ts';

/** Writes the recording of the selected task to the file that the prompt names. What goes wrong is said in the prompt. */
export class TaskExport {
  readonly #context: ScreenContext;
  /** A second one to the same file would take the first one's for its own. */
  #writing = false;

  constructor(context: ScreenContext) {
    this.#context = context;
  }

  /** @param folder what a relative file is looked for in; "" where there is none. */
  async write(given: string, { folder }: { readonly folder: string }): Promise<void> {
    const { store, world, client, toast } = this.#context;
    const { dialog, selected } = store.state;
    if (dialog?.kind !== 'prompt' || dialog.asks !== 'export' || selected === null || dialog.busy) return;
    const say = (problem: string): void => store.dispatch({ type: 'dialog', dialog: { ...dialog, problem } });
    if (this.#writing) return say('another recording is still being written');
    if (given === '') return say('a file is needed');
    if (folder === '' && !given.startsWith('/')) return say('the folder is gone: write the whole path');
    const { HOME: home } = world.environment;
    const file = resolve(folder, home === undefined ? given : given.replace(/^~(?=\/|$)/, home));
    const asking = { ...dialog, problem: null, busy: true };
    store.dispatch({ type: 'dialog', dialog: asking });
    this.#writing = true;
    try {
      await world.exportCast(client(), { task: String(selected), file });
      answerDialog(store, { asking, next: null });
      toast(`the recording is in ${visible(file)}; asciinema play shows it`);
    } catch (error) {
      if (this.#context.noticed(error)) return;
      const isTold = error instanceof GhostError && error.code === 'file-unusable';
      const problem = isTold ? sayWhy(error) : `it failed: ${sayWhy(error)}`;
      // Whoever left the prompt is told all the same.
      if (!answerDialog(store, { asking, next: { ...dialog, problem } })) toast(problem, 'bad');
    } finally {
      this.#writing = false;
    }
  }
}

import { resolve } from 'node:path';

import { GhostError } from '../ghost-error.ts';
import { visible } from '../words/visible.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';

/** Writes the recording of the selected task to the file that the prompt names. What goes wrong is said in the prompt. */
export class TaskExport {
  readonly #context: ScreenContext;
  readonly #noticed: (error: unknown) => boolean;

  constructor(context: ScreenContext, { noticed }: { readonly noticed: (error: unknown) => boolean }) {
    this.#context = context;
    this.#noticed = noticed;
  }

  /** @param folder what a relative file is looked for in; "" where there is none. */
  async write(given: string, { folder }: { readonly folder: string }): Promise<void> {
    const { store, world, client, toast } = this.#context;
    const { dialog, selected } = store.state;
    if (dialog?.kind !== 'prompt' || dialog.asks !== 'export' || selected === null) return;
    const say = (problem: string): void => store.dispatch({ type: 'dialog', dialog: { ...dialog, problem } });
    if (given === '') return say('a file is needed');
    if (folder === '' && !given.startsWith('/')) return say('the folder is gone: write the whole path');
    const { HOME: home } = world.environment;
    const file = resolve(folder, home === undefined ? given : given.replace(/^~(?=\/|$)/, home));
    try {
      await world.exportCast(client(), { task: String(selected), file });
      store.dispatch({ type: 'dialog', dialog: null });
      toast(`the recording is in ${visible(file)}; asciinema play shows it`);
    } catch (error) {
      if (this.#noticed(error)) return;
      say(
        error instanceof GhostError && error.code === 'file-unusable' ? sayWhy(error) : `it failed: ${sayWhy(error)}`,
      );
    }
  }
}

import { userShell } from '../user-shell.ts';
import { earlierCommands, nextField, openRunDialog, readRunDialog, recalled, type RunPlace } from './run-dialog.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import { answerDialog } from './screen-store.ts';

/** The dialog that runs a command: opens it, fills it in, and does what it says. */
export class TaskStarter {
  readonly #context: ScreenContext;

  constructor(context: ScreenContext) {
    this.#context = context;
  }

  /** Where the run dialog's words are understood. */
  get place(): RunPlace {
    const { environment } = this.#context.world;
    const { HOME: home } = environment;
    return { shell: userShell(environment), home: home ?? null };
  }

  /** Opens the dialog. */
  open(): void {
    this.#context.store.dispatch({ type: 'dialog', dialog: openRunDialog({ folder: this.folder() }) });
  }

  /** An earlier (1) or later (-1) command line in the dialog, or its next or last field. */
  recall(by: 1 | -1): void {
    const { dialog, present } = this.#context.store.state;
    if (dialog?.kind !== 'run') return;
    const changed =
      dialog.focus === 'command'
        ? recalled(dialog, { by, earlier: earlierCommands(present) })
        : nextField(dialog, by === 1 ? -1 : 1);
    this.#context.store.dispatch({ type: 'dialog', dialog: changed });
  }

  /** Runs what the dialog says. What is wrong with it is said inside it, and it stays. */
  async submit(): Promise<void> {
    const { store } = this.#context;
    const { dialog } = store.state;
    if (dialog?.kind !== 'run' || dialog.busy) return;
    const answer = readRunDialog(dialog, this.place);
    if (answer.kind === 'wrong') {
      const { field: focus, problem } = answer;
      return store.dispatch({ type: 'dialog', dialog: { ...dialog, focus, problem } });
    }
    const asking = { ...dialog, busy: true, problem: null };
    store.dispatch({ type: 'dialog', dialog: asking });
    try {
      const { id } = await this.#context.client().run(answer.request);
      // Whoever left the dialog does something else by now, and no other task is put under their fingers.
      if (answerDialog(store, { asking, next: null })) store.dispatch({ type: 'expected', task: id });
      this.#context.toast(`task ${id} runs`);
    } catch (error) {
      if (this.#context.noticed(error)) return;
      const problem = sayWhy(error);
      if (!answerDialog(store, { asking, next: { ...dialog, problem } })) this.#context.toast(problem, 'bad');
    }
  }

  /** The folder that the screen was opened in, or "" where it is gone. */
  folder(): string {
    try {
      return this.#context.world.cwd();
    } catch {
      // It is gone: then the person has to name one.
      return '';
    }
  }
}

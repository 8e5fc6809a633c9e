import type { TaskView } from '../projections/task-view.ts';
import { quoteCommand } from '../shell-quote.ts';
import { outcomeWords } from '../words/event-sentence.ts';
import { taskNumbered, viewOf } from './known-tasks.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import type { Intent } from './screen-state.ts';
import { tableRows } from './table-rows.ts';

/** The most bytes that are put into the clipboard: terminals take little more in one sequence. */
export const clipboardBytesMax = 64 * 1024;

/** What the keys of the table do to tasks: each asks the daemon, and says what came of it. */
export class TaskActions {
  readonly #context: ScreenContext;

  constructor(context: ScreenContext) {
    this.#context = context;
  }

  /** The selected task, or null; says so where there is none. */
  selected(): TaskView | null {
    const { state } = this.#context.store;
    const task = tableRows(state).find(({ id }) => id === state.selected) ?? null;
    if (task === null) this.#context.toast('there is no task here; r runs one', 'bad');
    return task;
  }

  /** Ends the selected task, or those that are marked, which is asked first. */
  end(kind: 'stop' | 'kill'): void {
    const { store } = this.#context;
    const { marked } = store.state;
    const tasks = [...marked].toSorted((one, other) => one - other);
    if (tasks.length === 0) {
      const task = this.selected();
      if (task !== null) void this.carryOut({ kind, tasks: [task.id] });
      return;
    }
    const running = tableRows(store.state).filter(({ id, state }) => marked.has(id) && state === 'running');
    if (running.length === 0) return this.#context.toast('none of the marked tasks runs', 'bad');
    const ids = running.map(({ id }) => id).toSorted((one, other) => one - other);
    const how = kind === 'stop' ? 'Stop' : 'Kill';
    const count = ids.length === 1 ? `task ${ids[0]}` : `${ids.length} tasks: ${ids.join(', ')}`;
    const question = [`${how} ${count}?`];
    store.dispatch({ type: 'dialog', dialog: { kind: 'confirm', question, intent: { kind, tasks: ids } } });
  }

  /** Does what was asked for or confirmed. The shutdown is not its business. */
  async carryOut(intent: Exclude<Intent, { kind: 'shutdown' }>): Promise<void> {
    const { kind, tasks } = intent;
    this.#context.store.dispatch({ type: 'unmarked' });
    await Promise.all(
      tasks.map(async (id) => {
        const view = this.#known(id);
        if (view !== null && view.state !== 'running') {
          return this.#context.toast(`task ${id} has ended already (${view.state})`, 'bad');
        }
        if (kind === 'stop') this.#context.toast(`task ${id}: SIGTERM, and SIGKILL after 10 s if it has to be`);
        await this.#guarded(async () => {
          const client = this.#context.client();
          const { task, descendantsAlive } = await (kind === 'stop'
            ? client.stop(String(id))
            : client.signal(String(id), 'SIGKILL'));
          const left = descendantsAlive > 0 ? `; ${descendantsAlive} of its descendants live on` : '';
          this.#context.toast(`task ${id} ${task.state}${left}`);
        });
      }),
    );
  }

  /** Starts the command of the selected task again as a new task, and goes there. */
  async restart(): Promise<void> {
    const task = this.selected();
    if (task === null) return;
    await this.#guarded(async () => {
      const { id } = await this.#context.client().restart(String(task.id));
      this.#context.store.dispatch({ type: 'expected', task: id });
      this.#context.toast(`task ${task.id} runs again as ${id}`);
    });
  }

  /** Marks the selected task to ring when it ends, or no more. */
  await(): void {
    const task = this.selected();
    if (task === null) return;
    if (task.state !== 'running') {
      return this.#context.toast(`task ${task.id} has ended already (${task.state})`, 'bad');
    }
    this.#context.store.dispatch({ type: 'awaited', task: task.id });
  }

  /** Rings for tasks that were waited for and have ended. Called whenever anything has changed. */
  ring(): void {
    const { awaited, present } = this.#context.store.state;
    for (const id of awaited) {
      const task = taskNumbered(present, id);
      if (task?.status.kind !== 'ended') continue;
      this.#context.store.dispatch({ type: 'awaited', task: id });
      this.#context.signalTerminal('\u0007');
      this.#context.toast(`task ${id} ${outcomeWords(task.status.outcome)}`);
    }
  }

  /** Puts the selected task's command line into the clipboard, by way of the terminal (OSC 52). */
  copy(): void {
    const task = this.selected();
    if (task === null) return;
    const line = quoteCommand(task.command);
    const bytes = Buffer.from(line);
    if (bytes.length > clipboardBytesMax) return this.#context.toast('the command line is too long to copy', 'bad');
    this.#context.signalTerminal(`\u001b]52;c;${bytes.toString('base64')}\u0007`);
    this.#context.toast(`copied, where the terminal allows it: ${line}`);
  }

  #known(id: number): TaskView | null {
    const task = taskNumbered(this.#context.store.state.present, id);
    return task === undefined ? null : viewOf(task);
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#context.noticed(error)) this.#context.toast(sayWhy(error), 'bad');
    }
  }
}

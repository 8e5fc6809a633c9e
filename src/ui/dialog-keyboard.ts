import { GhostError } from '../ghost-error.ts';
import { parsePastTime, typedMoment } from '../words/time.ts';
import type { KeyServants } from './key-servants.ts';
import { nextField, withField } from './run-dialog.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import { type Dialog, noFilter, type TableFilter } from './screen-state.ts';
import { readFilter } from './table-filter.ts';
import { edited, type TextField, typed } from './text-field.ts';

/** The keys while something is asked: what is typed goes into its fields, and Enter, Esc and a few others mean the dialog. */
export class DialogKeyboard {
  readonly #context: ScreenContext;
  readonly #servants: KeyServants;

  constructor(context: ScreenContext, servants: KeyServants) {
    this.#context = context;
    this.#servants = servants;
  }

  /** A key while a dialog is open. */
  press(dialog: Dialog, key: string): void {
    if (key === 'ctrl-c') return this.#servants.quit();
    if (key === 'ctrl-z') return this.#servants.suspend();
    if (dialog.kind === 'confirm') return this.#answer(dialog, key);
    if (key === 'esc') return this.#leave(dialog);
    if (dialog.busy) return;
    if (key === 'enter') return this.#submit(dialog);
    if (dialog.kind === 'run') {
      if (key === 'up' || key === 'down') return this.#servants.starter.recall(key === 'up' ? 1 : -1);
      const by = key === 'tab' ? 1 : key === 'shift-tab' ? -1 : null;
      if (by !== null) return this.#show(nextField(dialog, by));
    }
    const field = dialog.kind === 'run' ? dialog.fields[dialog.focus] : dialog.field;
    const changed = edited(field, key);
    if (changed !== null) return this.#put(dialog, changed);
    if (key === 'space') return this.type(dialog, ' ');
    if ([...key].length === 1) this.type(dialog, key);
  }

  #answer(dialog: Extract<Dialog, { kind: 'confirm' }>, key: string): void {
    if (!['y', 'n', 'esc', 'enter', 'q'].includes(key)) return;
    this.#show(null);
    if (key !== 'y' && key !== 'enter') return;
    const { intent } = dialog;
    if (intent.kind === 'shutdown') this.#servants.shutdown();
    else void this.#servants.tasks.carryOut(intent);
  }

  /** Something that is typed or pasted. */
  type(dialog: Exclude<Dialog, { kind: 'confirm' }>, text: string): void {
    if (dialog.busy) return;
    this.#put(dialog, typed(dialog.kind === 'run' ? dialog.fields[dialog.focus] : dialog.field, text));
  }

  /** A filter works while it is typed. */
  #put(dialog: Exclude<Dialog, { kind: 'confirm' }>, field: TextField): void {
    if (dialog.kind === 'run') return this.#show(withField(dialog, field));
    const filter = dialog.asks === 'filter' ? this.#read(field.text) : null;
    this.#show({ ...dialog, field, problem: filter?.problem ?? null });
    if (filter !== null && filter.problem === null) this.#context.store.dispatch({ type: 'filtered', filter });
  }

  #leave(dialog: Dialog): void {
    this.#show(null);
    if (dialog.kind === 'prompt' && dialog.asks === 'filter') {
      this.#context.store.dispatch({ type: 'filtered', filter: noFilter });
    }
  }

  #submit(dialog: Exclude<Dialog, { kind: 'confirm' }>): void {
    if (dialog.kind === 'run') return void this.#servants.starter.submit();
    const { asks, field } = dialog;
    const text = field.text.trim();
    try {
      switch (asks) {
        case 'filter':
          return dialog.problem === null ? this.#show(null) : undefined;
        case 'history-filter': {
          const filter = this.#read(text);
          if (filter.problem !== null) return this.#show({ ...dialog, problem: filter.problem });
          this.#show(null);
          return void this.#servants.pages.history(filter);
        }
        case 'search':
          if (text === '') this.#servants.searcher.end();
          else this.#servants.searcher.begin(field.text);
          return this.#show(null);
        case 'time': {
          if (text === '') return this.#show(null);
          const moment = typedMoment(parsePastTime(text, { nowMs: this.#context.world.now() }));
          this.#show(null);
          return void this.#servants.time.go(moment);
        }
        case 'export':
          return void this.#servants.exporter.write(text, { folder: this.#servants.starter.folder() });
      }
    } catch (error) {
      const hint = error instanceof GhostError && error.hint !== '' ? ` (${error.hint})` : '';
      this.#show({ ...dialog, problem: `${sayWhy(error)}${hint}` });
    }
  }

  #read(text: string): TableFilter {
    const { world, store } = this.#context;
    const { HOME: home } = world.environment;
    return readFilter(text, {
      nowMs: world.now(),
      cwd: this.#servants.starter.folder(),
      home: home ?? null,
      timeOf: (seq) => {
        const event = store.state.past?.events.find((known) => known.seq === seq);
        return event === undefined ? null : event.at / 1000;
      },
    });
  }

  #show(dialog: Dialog | null): void {
    this.#context.store.dispatch({ type: 'dialog', dialog });
  }
}

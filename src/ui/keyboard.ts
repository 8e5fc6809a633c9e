import { DialogKeyboard } from './dialog-keyboard.ts';
import type { KeyAction, Place } from './key-binding.ts';
import { placeOfKeys } from './key-place.ts';
import type { KeyServants } from './key-servants.ts';
import { actionFor } from './key-table.ts';
import { scrolled } from './log-scroll.ts';
import { paneRows } from './pane-rows.ts';
import type { ScreenContext } from './screen-context.ts';
import { screenLayout } from './screen-layout.ts';
import { noFilter, type PromptKind } from './screen-state.ts';
import { tableRows } from './table-rows.ts';
import { fieldOf } from './text-field.ts';

/** Turns keys into what they do: by the key table, or in a dialog by what is typed there. */
export class Keyboard {
  readonly #context: ScreenContext;
  readonly #servants: KeyServants;
  readonly #dialogs: DialogKeyboard;

  constructor(context: ScreenContext, servants: KeyServants) {
    this.#context = context;
    this.#servants = servants;
    this.#dialogs = new DialogKeyboard(context, servants);
  }

  /** A key that was pressed, as `keyNames` names it. */
  press(key: string): void {
    const { state } = this.#context.store;
    if (state.dialog !== null) return this.#dialogs.press(state.dialog, key);
    const place = placeOfKeys(state);
    const action = actionFor(key, place);
    if (action !== null) return this.#do(action, place);
    if (state.past !== null && state.page === null && actionFor(key, state.focus) !== null) {
      this.#context.toast('this is the past, which nothing changes; Esc returns to now', 'bad');
    }
  }

  /** A text that was pasted: it is typed where something is typed, and is no keys elsewhere. */
  paste(text: string): void {
    const { dialog } = this.#context.store.state;
    if (dialog !== null && dialog.kind !== 'confirm') this.#dialogs.type(dialog, text);
  }

  #do(action: KeyAction, place: Place): void {
    const { tasks, starter, pages, searcher, time, ...servants } = this.#servants;
    const { store } = this.#context;
    const { state } = store;
    switch (action) {
      case 'up':
        return this.#move(-1);
      case 'down':
        return this.#move(1);
      case 'page-up':
        return this.#move(-this.#pageRows());
      case 'page-down':
        return this.#move(this.#pageRows());
      case 'first':
        return this.#toEnd('first');
      case 'last':
        return this.#toEnd('last');
      case 'open':
        return pages.openFromHistory();
      case 'follow':
        return this.#follow();
      case 'toggle-log':
        return store.dispatch({ type: 'log', change: { open: !state.log.open } });
      case 'focus':
        if (!state.log.open) store.dispatch({ type: 'log', change: { open: true } });
        return store.dispatch({ type: 'focused', on: state.focus === 'table' ? 'log' : 'table' });
      case 'mark':
        if (state.selected !== null) store.dispatch({ type: 'marked', task: state.selected });
        return store.dispatch({ type: 'moved', by: 1 });
      case 'run':
        return starter.open();
      case 'stop':
      case 'kill':
        return tasks.end(action);
      case 'restart':
        return void tasks.restart();
      case 'await':
        return tasks.await();
      case 'copy':
        return tasks.copy();
      case 'export':
        return this.#askExport();
      case 'shutdown':
        return this.#askShutdown();
      case 'filter':
        return this.#ask(place === 'history' ? 'history-filter' : 'filter');
      case 'search':
        return this.#ask('search');
      case 'next-hit':
        return void searcher.go(1);
      case 'previous-hit':
        return void searcher.go(-1);
      case 'times':
        return store.dispatch({ type: 'log', change: { times: !state.log.times } });
      case 'wrap':
        return store.dispatch({ type: 'log', change: { wrap: !state.log.wrap } });
      case 'details': {
        const task = tasks.selected();
        return task === null ? undefined : void pages.details(task.id);
      }
      case 'history':
        return void pages.history();
      case 'audit':
        return void pages.audit();
      case 'step-back':
        return void time.back();
      case 'step-forward':
        return void time.forward();
      case 'go-to-time':
        return this.#ask('time');
      case 'play':
        return time.play();
      case 'faster':
        return time.speed(1);
      case 'slower':
        return time.speed(-1);
      case 'help':
        return pages.help();
      case 'back':
        return this.#back();
      case 'reconnect':
        return servants.reconnect();
      case 'suspend':
        return servants.suspend();
      case 'quit':
        return servants.quit();
    }
  }

  /** What lies on top goes first. */
  #back(): void {
    const { page, log, past, marked, filter } = this.#context.store.state;
    if (page !== null) this.#servants.pages.close();
    else if (log.search !== null) this.#servants.searcher.end();
    else if (past !== null) this.#servants.time.now();
    else if (marked.size > 0) this.#context.store.dispatch({ type: 'unmarked' });
    else if (filter.text !== '') this.#context.store.dispatch({ type: 'filtered', filter: noFilter });
    else if (this.#context.store.state.focus === 'log') this.#context.store.dispatch({ type: 'focused', on: 'table' });
  }

  #move(by: number): void {
    const { page, focus } = this.#context.store.state;
    if (page !== null) return this.#servants.pages.move(by);
    if (focus === 'log') return this.#scroll(by);
    this.#context.store.dispatch({ type: 'moved', by });
  }

  #pageRows(): number {
    const { page, focus } = this.#context.store.state;
    const layout = screenLayout(this.#context.store.state);
    const rows = page === null ? (focus === 'log' ? layout.log : layout.table) : layout.page;
    return Math.max(1, rows - 1);
  }

  #toEnd(end: 'first' | 'last'): void {
    const { page, focus } = this.#context.store.state;
    if (page === null && focus === 'log') {
      void (end === 'first' ? this.#servants.reader.toStart() : this.#servants.reader.toEnd());
      return;
    }
    this.#move(end === 'first' ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER);
  }

  /** Scrolling up stops the following; scrolling down past what is held reads on. */
  #scroll(by: number): void {
    const { store, world } = this.#context;
    const { log } = store.state;
    const { anchor, short } = scrolled(log.window, { ...paneRows(store.state, world), by });
    const stops = by < 0 && log.follow;
    store.dispatch({ type: 'log', change: { anchor, ...(stops ? { follow: false, missed: 0 } : {}) } });
    if (!short) return;
    if (by < 0) return void this.#servants.reader.earlier();
    void this.#servants.reader.later().then((end) => {
      const { log: then } = store.state;
      // Scrolled elsewhere meanwhile, or another log is shown.
      if (then.anchor !== anchor) return;
      const next = end ? null : scrolled(then.window, { ...paneRows(store.state, world), by }).anchor;
      store.dispatch({ type: 'log', change: { anchor: next } });
    });
  }

  #follow(): void {
    const { log } = this.#context.store.state;
    const follow = !log.open || !log.follow;
    this.#context.store.dispatch({ type: 'log', change: { open: true, follow } });
    if (follow) void this.#servants.reader.toEnd();
  }

  #askShutdown(): void {
    const running = tableRows({ ...this.#context.store.state, filter: noFilter }).filter(
      ({ state }) => state === 'running',
    ).length;
    const goOn =
      running === 0
        ? 'No task runs.'
        : running === 1
          ? 'The task that runs goes on.'
          : `The ${running} that run go on.`;
    const question = ['Shut the daemon down?', goOn];
    this.#context.store.dispatch({
      type: 'dialog',
      dialog: { kind: 'confirm', question, intent: { kind: 'shutdown' } },
    });
  }

  #askExport(): void {
    const task = this.#servants.tasks.selected();
    if (task !== null) this.#ask('export', `task-${task.id}.cast`);
  }

  #ask(asks: PromptKind, given?: string): void {
    const { filter, log, page } = this.#context.store.state;
    const before = {
      filter: filter.text,
      'history-filter': page?.kind === 'history' ? page.filter.text : '',
      search: log.search?.text ?? '',
      time: '',
      export: '',
    }[asks];
    const field = fieldOf(given ?? before);
    this.#context.store.dispatch({
      type: 'dialog',
      dialog: { kind: 'prompt', asks, field, problem: null, busy: false },
    });
  }
}

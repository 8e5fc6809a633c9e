import { GhostError } from '../ghost-error.ts';
import type { Moment } from '../protocol/messages.ts';
import { parseTime } from '../words/time.ts';
import { placeOfKeys } from './key-place.ts';
import { actionFor, type KeyAction, type Place } from './key-table.ts';
import type { LogReader } from './log-reader.ts';
import { scrolled } from './log-rows.ts';
import type { LogSearcher } from './log-searcher.ts';
import type { PageActions } from './page-actions.ts';
import { paneRows } from './pane-rows.ts';
import { nextField, withField } from './run-dialog.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import { screenLayout } from './screen-layout.ts';
import { type Dialog, noFilter, type PromptKind, type TableFilter } from './screen-state.ts';
import { readFilter } from './table-filter.ts';
import { tableRows } from './table-rows.ts';
import type { TaskActions } from './task-actions.ts';
import type { TaskExport } from './task-export.ts';
import { edited, fieldOf, typed } from './text-field.ts';
import type { TimeMachine } from './time-machine.ts';

/** Those who do what the keys say. */
export interface KeyServants {
  readonly tasks: TaskActions;
  readonly pages: PageActions;
  readonly reader: LogReader;
  readonly searcher: LogSearcher;
  readonly time: TimeMachine;
  readonly exporter: TaskExport;
  readonly reconnect: () => void;
  readonly shutdown: () => void;
  readonly suspend: () => void;
  readonly quit: () => void;
}

/** Turns keys into what they do: by the key table, or in a dialog by what is typed there. */
export class Keyboard {
  readonly #context: ScreenContext;
  readonly #servants: KeyServants;

  constructor(context: ScreenContext, servants: KeyServants) {
    this.#context = context;
    this.#servants = servants;
  }

  /** A key that was pressed, as `keyNames` names it. */
  press(key: string): void {
    const { state } = this.#context.store;
    if (state.dialog !== null) return this.#inDialog(state.dialog, key);
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
    if (dialog !== null && dialog.kind !== 'confirm') this.#type(dialog, text);
  }

  #do(action: KeyAction, place: Place): void {
    const { tasks, pages, searcher, time, exporter, ...servants } = this.#servants;
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
        return tasks.openRun();
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
    if (short) void (by < 0 ? this.#servants.reader.earlier() : this.#servants.reader.later());
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
    this.#context.store.dispatch({ type: 'dialog', dialog: { kind: 'prompt', asks, field, problem: null } });
  }

  #inDialog(dialog: Dialog, key: string): void {
    if (key === 'ctrl-c') return this.#servants.quit();
    if (key === 'ctrl-z') return this.#servants.suspend();
    if (dialog.kind === 'confirm') return this.#answer(dialog, key);
    if (key === 'esc') return this.#leave(dialog);
    if (key === 'enter') return this.#submit(dialog);
    if (dialog.kind === 'run') {
      if (dialog.busy) return;
      if (key === 'up' || key === 'down') return this.#servants.tasks.recall(key === 'up' ? 1 : -1);
      const by = key === 'tab' ? 1 : key === 'shift-tab' ? -1 : null;
      if (by !== null) return this.#show(nextField(dialog, by));
    }
    const field = dialog.kind === 'run' ? dialog.fields[dialog.focus] : dialog.field;
    const changed = edited(field, key);
    if (changed !== null) return this.#put(dialog, changed);
    if (key === 'space') return this.#type(dialog, ' ');
    if ([...key].length === 1) this.#type(dialog, key);
  }

  #answer(dialog: Extract<Dialog, { kind: 'confirm' }>, key: string): void {
    if (!['y', 'n', 'esc', 'enter', 'q'].includes(key)) return;
    this.#show(null);
    if (key !== 'y' && key !== 'enter') return;
    const { intent } = dialog;
    if (intent.kind === 'shutdown') this.#servants.shutdown();
    else void this.#servants.tasks.carryOut(intent);
  }

  #type(dialog: Exclude<Dialog, { kind: 'confirm' }>, text: string): void {
    this.#put(dialog, typed(dialog.kind === 'run' ? dialog.fields[dialog.focus] : dialog.field, text));
  }

  /** A filter works while it is typed. */
  #put(dialog: Exclude<Dialog, { kind: 'confirm' }>, field: ReturnType<typeof fieldOf>): void {
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
    if (dialog.kind === 'run') return void this.#servants.tasks.submitRun();
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
          const moment = this.#momentOf(text);
          this.#show(null);
          return void this.#servants.time.go(moment);
        }
        case 'export':
          return void this.#servants.exporter.write(text, { folder: this.#servants.tasks.folder() });
      }
    } catch (error) {
      const hint = error instanceof GhostError && error.hint !== '' ? ` (${error.hint})` : '';
      this.#show({ ...dialog, problem: `${sayWhy(error)}${hint}` });
    }
  }

  #momentOf(text: string): Moment {
    const time = parseTime(text, { nowMs: this.#context.world.now() });
    return time.kind === 'sequence'
      ? { kind: 'event', seq: time.seq }
      : { kind: 'time', time: new Date(time.atMs).toISOString() };
  }

  #read(text: string): TableFilter {
    const { world, store } = this.#context;
    const { HOME: home } = world.environment;
    return readFilter(text, {
      nowMs: world.now(),
      cwd: this.#servants.tasks.folder(),
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

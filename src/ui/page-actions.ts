import type { JournalEvent } from '../journal/events.ts';
import { microsecondsAt } from '../microseconds.ts';
import { explainTask } from '../projections/explain-task.ts';
import type { TaskView } from '../projections/task-view.ts';
import type { TaskDetail } from '../protocol/answers.ts';
import { reasonText, summaryText } from '../words/explain-words.ts';
import { withEarlierEvents, withLaterEvent } from './audit-window.ts';
import { taskNumbered } from './known-tasks.ts';
import { pageLinesOf } from './page-lines.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import { screenLayout } from './screen-layout.ts';
import { windowTop } from './screen-reducer.ts';
import { type HistoryPage, noFilter, type Page, type TableFilter } from './screen-state.ts';

/** So many events are asked for at once. */
const auditFirst = 500;
/** So many rows before the end of what is there, the next tasks of the history are asked for. */
const historyAhead = 50;
const historyBatch = 200;

/** The pages that lie over the panes: help, details of a task, the whole history, every event. */
export class PageActions implements Disposable {
  readonly #context: ScreenContext;
  #reading = new AbortController();
  #history: AsyncGenerator<TaskView, void, void> | null = null;
  #shownChange = 0;
  /** The last event that came while the audit page is shown, whether or not it is held. */
  #lastAudited = 0;

  constructor(context: ScreenContext) {
    this.#context = context;
  }

  help(): void {
    this.#show({ kind: 'help', top: 0 });
  }

  /** Everything about a task: as it is, or as it was known then. It is kept up to date while it is shown. */
  async details(task: number): Promise<void> {
    this.#show({ kind: 'details', task, detail: null, why: [], problem: null, top: 0 });
    await this.#fetchDetail(task);
  }

  /** Fetches what has changed about the task whose details are shown. Called whenever anything has changed. */
  sync(): void {
    const { page, present, past } = this.#context.store.state;
    if (page?.kind !== 'details' || past !== null || page.detail === null) return;
    const task = taskNumbered(present, page.task);
    const known = page.detail.events.at(-1)?.seq ?? 0;
    if (task === undefined || task.changedBy <= Math.max(known, this.#shownChange)) return;
    this.#shownChange = task.changedBy;
    void this.#fetchDetail(page.task);
  }

  /** The whole past, the newest tasks first. */
  async history(filter: TableFilter = noFilter): Promise<void> {
    const page: HistoryPage = {
      kind: 'history',
      filter,
      tasks: [],
      selected: 0,
      top: 0,
      complete: false,
      busy: true,
      problem: filter.problem,
    };
    this.#show(page);
    if (filter.problem !== null) return;
    try {
      this.#history = this.#context.client().history(filter.terms ?? {});
      await this.#moreHistory();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Every event, the newest at the bottom, and those to come. */
  async audit(): Promise<void> {
    this.#show({ kind: 'audit', events: [], top: null, problem: null });
    this.#lastAudited = 0;
    const { signal } = this.#reading;
    const after = Math.max(0, this.#context.store.state.present.seq - auditFirst);
    try {
      for await (const event of this.#context.client().audit({ after, follow: true, signal })) {
        this.#lastAudited = event.seq;
        this.#patch('audit', (page) => withLaterEvent(page, event), 'feed');
      }
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  /** Scrolls the page, or moves in its list. */
  move(by: number): void {
    const { page } = this.#context.store.state;
    if (page?.kind === 'history') return this.#moveInHistory(page, by);
    if (page === null) return;
    const { page: height } = screenLayout(this.#context.store.state);
    const total = pageLinesOf(this.#context.store.state).length;
    const most = Math.max(0, total - height);
    const top = Math.max(0, Math.min(most, (page.top ?? most) + by));
    if (page.kind === 'audit') {
      const last = page.events.at(-1)?.seq ?? 0;
      // The end gave way to what was gone back to.
      if (top >= most && last < this.#lastAudited) return void this.audit();
      this.#patch('audit', (audit) => ({ ...audit, top: top >= most ? null : top }));
      if (top === 0) void this.#earlierEvents();
    } else this.#context.store.dispatch({ type: 'page', page: { ...page, top } });
  }

  /** Shows the task that is selected in the history. */
  openFromHistory(): void {
    const { page, present } = this.#context.store.state;
    if (page?.kind !== 'history') return;
    const task = page.tasks[page.selected];
    if (task === undefined) return;
    this.close();
    const isKnown = taskNumbered(present, task.id) !== undefined;
    this.#context.store.dispatch({ type: 'filtered', filter: noFilter });
    this.#context.store.dispatch(isKnown ? { type: 'selected', task: task.id } : { type: 'visited', guest: task });
  }

  close(): void {
    this.#stop();
    this.#context.store.dispatch({ type: 'page', page: null });
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  async #fetchDetail(task: number): Promise<void> {
    const { past } = this.#context.store.state;
    const at = past === null ? {} : { at: { kind: 'event', seq: past.known.seq } as const };
    try {
      const detail = await this.#context.client().show(String(task), at);
      const why = this.#why(detail);
      this.#patch('details', (page) => (page.task === task ? { ...page, detail, why, problem: null } : page));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** As `ghost why` says it. */
  #why({ task, events, timeoutMs, descendantsAlive, log }: TaskDetail): readonly string[] {
    const { world, store } = this.#context;
    const nowMs = store.state.past?.atMs ?? world.now();
    const outputBytes = log.stdoutBytes + log.stderrBytes;
    const explanation = explainTask(
      { task, events, timeoutMs, descendantsAlive, lastOutputAt: log.lastAt, outputBytes },
      { now: microsecondsAt(nowMs) },
    );
    const reader = { ...world.users, nowMs };
    return [summaryText(task), ...explanation.reasons.map((reason) => reasonText(reason, explanation, reader))];
  }

  #moveInHistory(page: HistoryPage, by: number): void {
    const { page: height } = screenLayout(this.#context.store.state);
    const selected = Math.max(0, Math.min(page.tasks.length - 1, page.selected + by));
    const top = windowTop({ top: page.top, selected, height: height - 1, total: page.tasks.length });
    this.#context.store.dispatch({ type: 'page', page: { ...page, selected, top } });
    if (selected + historyAhead > page.tasks.length && !page.complete && !page.busy) {
      this.#moreHistory().catch((error: unknown) => this.#failed(error));
    }
  }

  async #moreHistory(): Promise<void> {
    const history = this.#history;
    if (history === null) return;
    this.#patch('history', (page) => ({ ...page, busy: true }));
    const tasks: TaskView[] = [];
    let complete = false;
    while (tasks.length < historyBatch && !complete) {
      const step = await history.next();
      if (step.done === true) complete = true;
      else tasks.push(step.value);
    }
    if (history !== this.#history) return;
    this.#patch('history', (page) => ({ ...page, tasks: [...page.tasks, ...tasks], complete, busy: false }));
  }

  /** The page stays on the line that it is on while what comes before is put in front of it. */
  async #earlierEvents(): Promise<void> {
    const { page } = this.#context.store.state;
    const first = page?.kind === 'audit' ? page.events[0] : undefined;
    if (first === undefined || first.seq === 1) return;
    const earlier: JournalEvent[] = [];
    try {
      for await (const event of this.#context.client().audit({ after: Math.max(0, first.seq - 1 - auditFirst) })) {
        if (event.seq >= first.seq) break;
        earlier.push(event);
      }
    } catch (error) {
      return this.#failed(error);
    }
    this.#patch('audit', (audit) =>
      audit.events[0] !== first || audit.top === null ? audit : withEarlierEvents(audit, earlier),
    );
  }

  #show(page: Page): void {
    this.#stop();
    this.#reading = new AbortController();
    this.#shownChange = 0;
    this.#context.store.dispatch({ type: 'page', page });
  }

  #stop(): void {
    this.#reading.abort(new Error('the page was left'));
    void this.#history?.return();
    this.#history = null;
  }

  #failed(error: unknown): void {
    if (this.#context.noticed(error)) return;
    const { page } = this.#context.store.state;
    if (page === null || page.kind === 'help') return this.#context.toast(sayWhy(error), 'bad');
    const change = { problem: sayWhy(error), ...(page.kind === 'history' ? { busy: false } : {}) };
    this.#context.store.dispatch({ type: 'page', page: { ...page, ...change } });
  }

  /** Changes the page if it is still that one. */
  #patch<K extends Page['kind']>(
    kind: K,
    change: (page: Extract<Page, { kind: K }>) => Extract<Page, { kind: K }>,
    how: 'dispatch' | 'feed' = 'dispatch',
  ): void {
    const { page } = this.#context.store.state;
    if (page !== null && isPage(page, kind)) this.#context.store[how]({ type: 'page', page: change(page) });
  }
}

function isPage<K extends Page['kind']>(page: Page, kind: K): page is Extract<Page, { kind: K }> {
  return page.kind === kind;
}

import { setImmediate as turn } from 'node:timers/promises';

import { isHit, LogHits } from './log-hits.ts';
import type { LogReader } from './log-reader.ts';
import { type Anchor, scrolled, seenRows } from './log-scroll.ts';
import { placeOf } from './log-window.ts';
import { paneRows } from './pane-rows.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import type { LogSearchState } from './screen-state.ts';

/** So many chunks (64 KiB at the most) are looked through before keys and frames have their turn. */
const chunksAtOnce = 32;

/** Searches the log that is shown from its first byte on, beside all that goes on, and goes from hit to hit. */
export class LogSearcher implements Disposable {
  readonly #context: ScreenContext;
  readonly #reader: LogReader;
  #running = new AbortController();

  constructor(context: ScreenContext, { reader }: { readonly reader: LogReader }) {
    this.#context = context;
    this.#reader = reader;
  }

  /**
   * Looks for a pattern, and goes to the hit nearest before what is seen as soon as all is looked at, or to the first.
   * @throws GhostError `usage` for what is no regular expression.
   */
  begin(text: string): void {
    const hits = new LogHits(text);
    this.end();
    const { log, past } = this.#context.store.state;
    if (log.task === null) return;
    this.#running = new AbortController();
    this.#change({ text, hits, current: null, version: 0 });
    void this.#run(hits, { task: log.task, untilMs: past?.atMs ?? null, signal: this.#running.signal });
  }

  /** Stops looking, and forgets what was found. */
  end(): void {
    this.#running.abort(new Error('the search was left'));
    if (this.#context.store.state.log.search !== null) {
      this.#context.store.dispatch({ type: 'log', change: { search: null } });
    }
  }

  /** To the next hit, or the one before; past the last it begins anew, and says so. */
  async go(direction: 1 | -1): Promise<void> {
    const { log } = this.#context.store.state;
    const { search } = log;
    if (search === null) return this.#context.toast('nothing is looked for: / in the log searches it', 'bad');
    const { hits, current } = search;
    if (hits.kept === 0) {
      return this.#context.toast(hits.complete ? `nothing fits ${search.text}` : 'nothing was found yet');
    }
    const next = current === null ? hits.nearest(this.#seenPlace(), direction) : current + direction;
    const isThere = next !== null && hits.hit(next) !== null;
    if (!isThere) {
      if (hits.count > hits.kept && direction === 1) {
        return this.#context.toast(`only the first ${hits.kept} hits can be gone to`, 'bad');
      }
      if (!hits.complete && direction === 1) return this.#context.toast('the search has not come further yet');
      this.#context.toast(direction === 1 ? 'from the beginning again' : 'from the end again');
    }
    await this.#show(isThere ? next : direction === 1 ? 0 : hits.kept - 1);
  }

  [Symbol.dispose](): void {
    this.#running.abort(new Error('the screen was left'));
  }

  async #run(
    hits: LogHits,
    { task, untilMs, signal }: { readonly task: number; readonly untilMs: number | null; readonly signal: AbortSignal },
  ): Promise<void> {
    try {
      const until = untilMs === null ? {} : { until: new Date(untilMs) };
      const log = this.#context.client().log(String(task), { ...until, signal });
      let chunks = 0;
      for (;;) {
        const step = await log.next();
        if (step.done === true) {
          hits.end(step.value.cursor);
          break;
        }
        hits.push(step.value);
        chunks += 1;
        if (chunks % chunksAtOnce !== 0) continue;
        // Keys and frames have their turn, however fast the log comes.
        this.#found(hits);
        await turn();
      }
      this.#found(hits);
      if (this.#context.store.state.log.search?.current === null && hits.kept > 0) await this.#first(hits);
    } catch (error) {
      if (signal.aborted || this.#context.noticed(error)) return;
      this.end();
      this.#context.toast(`the search ended: ${sayWhy(error)}`, 'bad');
    }
  }

  /** The last hit that is seen or lies before, as the log is mostly looked at from its end; else the first. */
  async #first(hits: LogHits): Promise<void> {
    await this.#show(hits.nearest(this.#lastSeenPlace() + 1, -1) ?? 0);
  }

  async #show(which: number): Promise<void> {
    const { search, window } = this.#context.store.state.log;
    const hit = search?.hits.hit(which) ?? null;
    if (search === null || hit === null) return;
    const held = window.lines.find((line) => isHit(line, hit));
    this.#change({ ...search, current: which });
    if (held === undefined) {
      await this.#reader.toCursor(hit.start);
      await this.#reader.earlier();
      return this.#withContext();
    }
    const isSeen = this.#rows().some(({ line }) => line === held);
    const anchor: Anchor = { place: placeOf(held), row: 0 };
    if (isSeen) return;
    this.#context.store.dispatch({ type: 'log', change: { anchor, follow: false } });
    this.#withContext();
  }

  /** A hit is shown with what came before it: it stands a third down the pane. */
  #withContext(): void {
    const { store, world } = this.#context;
    const rows = paneRows(store.state, world);
    const { anchor } = scrolled(store.state.log.window, { ...rows, by: -Math.floor(rows.height / 3) });
    store.dispatch({ type: 'log', change: { anchor } });
  }

  #found(hits: LogHits): void {
    const { search } = this.#context.store.state.log;
    if (search?.hits !== hits) return;
    this.#context.store.feed({ type: 'log', change: { search: { ...search, version: search.version + 1 } } });
  }

  #change(search: LogSearchState): void {
    this.#context.store.dispatch({ type: 'log', change: { search } });
  }

  #seenPlace(): number {
    const [first] = this.#rows();
    return first === undefined ? 0 : placeOf(first.line);
  }

  #lastSeenPlace(): number {
    const last = this.#rows().at(-1);
    return last === undefined ? 0 : placeOf(last.line);
  }

  #rows(): ReturnType<typeof seenRows> {
    const { state } = this.#context.store;
    return seenRows(state.log.window, paneRows(state, { colour: this.#context.world.colour }));
  }
}

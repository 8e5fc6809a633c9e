import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '../client/api.ts';
import { leaveStream } from '../client/leave-stream.ts';
import type { LogChunk, LogEnd } from '../protocol/answers.ts';
import type { LogCursor } from '../protocol/messages.ts';
import {
  emptyWindow,
  firstLines,
  type LogWindow,
  newlinesIn,
  placeAt,
  placeOf,
  withChunk,
  withEarlier,
} from './log-window.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import { screenLayout } from './screen-layout.ts';
import type { LogPane } from './screen-state.ts';

/** How many lines are asked for at once: more than a screen has, and little enough to be there at once. */
const pageLines = 600;
/** A page of long lines ends after so many bytes. */
export const pageBytes = 2 * 1024 * 1024;
/** What is read of a log that is followed in so long; of one that is written faster, its end is shown again and again. */
export const floodBytes = 1024 * 1024;
const floodMs = 200;

/** Which log: of a task, as it is or as it was until a moment (milliseconds since 1970). */
interface Wanted {
  readonly task: number;
  readonly untilMs: number | null;
}

/**
 * Keeps the log pane filled with the output of the selected task. It opens at its end, whatever its length; pages are
 * read by cursor in both directions; what comes is taken in while it is followed, and else only counted.
 */
export class LogReader implements Disposable {
  readonly #context: ScreenContext;
  #wanted: Wanted | null = null;
  #reading = new AbortController();
  #paging = false;

  constructor(context: ScreenContext) {
    this.#context = context;
  }

  /** Shows the log of the selected task, if that is not the one already. Called whenever anything has changed. */
  sync(): void {
    const { log, selected, past, connection } = this.#context.store.state;
    if (connection.kind !== 'open') {
      this.#stop();
      this.#wanted = null;
      return;
    }
    const wanted = log.open && selected !== null ? { task: selected, untilMs: past?.atMs ?? null } : null;
    if (wanted?.task === this.#wanted?.task && wanted?.untilMs === this.#wanted?.untilMs) return;
    const isOther = wanted?.task !== this.#wanted?.task;
    this.#wanted = wanted;
    if (wanted === null) {
      this.#stop();
      return;
    }
    if (isOther) this.#change({ search: null });
    void this.toEnd();
  }

  /** From the end of the log backwards, and on with what comes. */
  async toEnd(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === null) return;
    const signal = this.#restart();
    this.#change({ task: wanted.task, anchor: null, missed: 0, busy: true, problem: null });
    await this.#guarded(signal, async (client) => {
      let page = await this.#read(client, { lines: pageLines }, signal);
      this.#change({ window: page.window, busy: false, reason: page.reason });
      while (page.reason === 'running' && wanted.untilMs === null) {
        await this.#live(client, page.window.end, signal);
        // Where it is not followed only the place to go on from is wanted.
        page = await this.#read(client, { lines: this.#pane.follow ? pageLines : 1 }, signal);
        if (this.#pane.follow) this.#change({ window: page.window });
        this.#change({ reason: page.reason });
      }
    });
  }

  /** From the beginning of the log. */
  async toStart(): Promise<void> {
    await this.#jump({ stdout: 0, stderr: 0 });
  }

  /** The lines around a cursor, that line first in the pane. */
  async toCursor(cursor: LogCursor): Promise<void> {
    await this.#jump(cursor);
  }

  /** What comes before the window. */
  async earlier(): Promise<void> {
    await this.#page(async (client, signal) => {
      const { window } = this.#pane;
      const [first] = window.lines;
      if (window.atStart || first === undefined) return;
      const page = await this.#read(client, { before: first.start, lines: pageLines }, signal);
      const before = { ...page.window, atStart: isAtStart(page.window) };
      this.#change({ window: withEarlier(this.#pane.window, before) });
    });
  }

  /** What comes after the window. Tells whether there was nothing: it was the end. */
  async later(): Promise<boolean> {
    let end = false;
    await this.#page(async (client, signal) => {
      const page = await this.#read(client, { cursor: this.#pane.window.end, onto: this.#pane.window }, signal);
      const grew = placeAt(page.window.end) > placeAt(this.#pane.window.end);
      if (grew) this.#change({ window: page.window });
      if (page.whole) this.#change({ missed: 0, reason: page.reason });
      end = page.whole && !grew;
    });
    return end;
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  get #pane(): LogPane {
    return this.#context.store.state.log;
  }

  async #jump(cursor: LogCursor): Promise<void> {
    const signal = this.#restart();
    this.#change({ follow: false, busy: true, problem: null });
    await this.#guarded(signal, async (client) => {
      const onto: LogWindow = { ...emptyWindow, atStart: placeAt(cursor) === 0, end: cursor };
      const page = await this.#read(client, { cursor, onto }, signal);
      const [first] = page.window.lines;
      const anchor = first === undefined ? null : { place: placeOf(first), row: 0 };
      this.#change({ window: page.window, anchor, busy: false, reason: page.reason, missed: 0 });
    });
  }

  /** One page of the log: the last lines of it, those before a cursor, or as many as make a page after one. */
  async #read(
    client: Client,
    part: {
      readonly lines?: number;
      readonly before?: LogCursor;
      readonly cursor?: LogCursor;
      readonly onto?: LogWindow;
    },
    signal: AbortSignal,
  ): Promise<{ readonly window: LogWindow; readonly reason: LogEnd['reason'] | null; readonly whole: boolean }> {
    const { onto = emptyWindow, ...range } = part;
    const wanted = this.#wanted;
    const until = wanted === null || wanted.untilMs === null ? {} : { until: new Date(wanted.untilMs) };
    const chunks = client.log(String(wanted?.task), { ...range, ...until, signal });
    let window = onto;
    let bytes = 0;
    let lines = 0;
    for (;;) {
      const step = await chunks.next();
      if (step.done === true) {
        const end = { ...window, end: step.value.cursor };
        return {
          window: part.lines === undefined ? end : { ...end, atStart: isAtStart(end) },
          reason: step.value.reason,
          whole: true,
        };
      }
      // Forwards the window must not run past the page: what is read too much would push out its beginning.
      const chunk = part.lines === undefined ? firstLines(step.value, pageLines - lines) : step.value;
      window = withChunk(window, chunk);
      bytes += chunk.data.length;
      lines += newlinesIn(chunk);
      if (part.lines === undefined && (lines >= pageLines || bytes >= pageBytes)) {
        await leaveStream(chunks);
        return { window, reason: this.#pane.reason, whole: false };
      }
    }
  }

  /** Takes in or counts what comes, until the task's log is complete or is written too fast to be read line by line. */
  async #live(client: Client, cursor: LogCursor, signal: AbortSignal): Promise<void> {
    const chunks = client.log(String(this.#wanted?.task), { follow: true, cursor, signal });
    const { now } = this.#context.world;
    let since = now();
    let bytes = 0;
    for await (const chunk of chunks) {
      this.#take(chunk);
      if (now() - since >= floodMs) {
        since = now();
        bytes = 0;
      }
      bytes += chunk.data.length;
      if (bytes < floodBytes) continue;
      if (!this.#pane.follow) this.#change({ missed: null });
      // Also where it is only counted: what is not followed must not cost a core.
      await delay(Math.max(1, floodMs - (now() - since)), undefined, { signal });
      return;
    }
  }

  #take(chunk: LogChunk): void {
    const { state } = this.#context.store;
    const { follow, window, missed, anchor } = state.log;
    // A pane that is not full yet has room for more without anything moving.
    const hasRoom = anchor === null && missed === 0 && window.lines.length < screenLayout(state).log;
    if (follow || hasRoom) this.#change({ window: withChunk(window, chunk), missed: 0 });
    else if (missed !== null) this.#change({ missed: missed + newlinesIn(chunk) });
  }

  #change(change: Partial<LogPane>): void {
    this.#context.store.feed({ type: 'log', change });
  }

  /** One page at a time; the stream of what comes goes on beside it. */
  async #page(work: (client: Client, signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.#paging) return;
    this.#paging = true;
    const { signal } = this.#reading;
    await this.#guarded(signal, async (client) => await work(client, signal));
    this.#paging = false;
  }

  async #guarded(signal: AbortSignal, work: (client: Client) => Promise<void>): Promise<void> {
    try {
      await work(this.#context.client());
    } catch (error) {
      if (signal.aborted || this.#context.noticed(error)) return;
      this.#change({ busy: false, problem: sayWhy(error) });
    }
  }

  #restart(): AbortSignal {
    this.#stop();
    this.#reading = new AbortController();
    return this.#reading.signal;
  }

  #stop(): void {
    this.#reading.abort(new Error('another log is shown'));
  }
}

function isAtStart({ lines }: LogWindow): boolean {
  const [first] = lines;
  return first === undefined || placeOf(first) === 0;
}

import type { JournalEvent } from '../journal/events.ts';
import type { Moment } from '../protocol/messages.ts';
import { endedShown, evolveKnown, knownFrom } from './known-tasks.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import { type Past, speeds } from './screen-state.ts';

/** How many events around a moment are held, for the ruler and for playing on. */
const eventsBefore = 40;
const eventsAfter = 200;
/** A pause in which nothing happened is played as if it had been no longer. */
export const idleMsMax = 2_000;
const firstSpeed = 10;

/** Shows the table and the log as they stood, goes from event to event, and plays on from there. */
export class TimeMachine implements Disposable {
  readonly #context: ScreenContext;
  /** The moment that was asked for last: answers for an earlier one are not shown. */
  #round = 0;
  /** The event that is being asked for. */
  #asked: number | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(context: ScreenContext) {
    this.#context = context;
  }

  /** To the event before the one that is shown; from now, to the last one before the newest. */
  async back(): Promise<void> {
    const { past, present } = this.#context.store.state;
    // Pressed faster than the daemon answers, each press is a step all the same.
    const seq = (this.#asked ?? past?.known.seq ?? present.seq) - 1;
    if (seq < 1) return this.#context.toast('this is the beginning: nothing was recorded before');
    await this.go({ kind: 'event', seq });
  }

  /** To the next event; past the newest it is now again. */
  async forward(): Promise<void> {
    const { past, present } = this.#context.store.state;
    if (past === null) return;
    const next = past.events.find(({ seq }) => seq > past.known.seq);
    if (next !== undefined && this.#asked === null) return await this.#step(past, next);
    const seq = (this.#asked ?? past.known.seq) + 1;
    if (seq > present.seq) return this.now();
    await this.go({ kind: 'event', seq });
  }

  /** To a moment. */
  async go(moment: Moment): Promise<void> {
    const round = (this.#round += 1);
    this.#asked = moment.kind === 'event' ? moment.seq : null;
    const { store } = this.#context;
    const { past } = store.state;
    if (past !== null) this.#change({ ...past, busy: true });
    try {
      const client = this.#context.client();
      const table = await client.table({ at: moment, ended: endedShown });
      if (round !== this.#round) return;
      const known = knownFrom(table);
      const events = await this.#around(table.seq);
      if (round !== this.#round) return;
      const shown = events.findLast(({ seq }) => seq <= table.seq);
      const eventMs = shown === undefined ? 0 : shown.at / 1000;
      // A time of day stands for what was known then, also where the last event lies long before.
      const atMs = moment.kind === 'time' ? Math.max(eventMs, Date.parse(moment.time)) : Math.floor(eventMs) + 1;
      this.#change({ known, atMs, events, ...this.#pace, busy: false });
    } catch (error) {
      this.#failed(error, round);
    } finally {
      if (round === this.#round) this.#asked = null;
    }
  }

  /** Plays on, or pauses. */
  play(): void {
    const { past } = this.#context.store.state;
    if (past === null) return;
    this.#change({ ...past, playing: !past.playing });
    if (past.playing) this.#pause();
    else this.#playOn();
  }

  /** Faster or slower by one step. */
  speed(direction: 1 | -1): void {
    const { past } = this.#context.store.state;
    if (past === null) return;
    const next = speeds[speeds.indexOf(past.speed) + direction];
    if (next === undefined) return;
    this.#change({ ...past, speed: next });
    if (past.playing) this.#playOn();
  }

  /** Back to now. */
  now(): void {
    this.#round += 1;
    this.#asked = null;
    this.#pause();
    this.#context.store.dispatch({ type: 'past', past: null });
  }

  [Symbol.dispose](): void {
    this.#round += 1;
    this.#pause();
  }

  /** One event on, by the same fold as everything else. */
  async #step(past: Past, event: JournalEvent): Promise<void> {
    const known = evolveKnown(past.known, [event]);
    const round = (this.#round += 1);
    const moved = { ...past, known, atMs: Math.floor(event.at / 1000) + 1, busy: false };
    this.#change({ ...moved, ...this.#pace });
    if (past.events.some(({ seq }) => seq > event.seq)) return;
    try {
      const events = await this.#around(event.seq);
      if (round === this.#round) this.#change({ ...moved, ...this.#pace, events });
    } catch (error) {
      this.#failed(error, round);
    }
  }

  /** What was asked for in vain is not asked for again by itself: the playing ends. */
  #failed(error: unknown, round: number): void {
    const isLost = this.#context.noticed(error);
    if (round !== this.#round) return;
    const { past } = this.#context.store.state;
    if (past !== null) this.#change({ ...past, playing: false, busy: false });
    if (!isLost) this.#context.toast(sayWhy(error), 'bad');
  }

  /** Whether and how fast it is played, which may have been changed while an answer was waited for. */
  get #pace(): Pick<Past, 'playing' | 'speed'> {
    const { past } = this.#context.store.state;
    return { playing: past?.playing ?? false, speed: past?.speed ?? firstSpeed };
  }

  async #around(seq: number): Promise<readonly JournalEvent[]> {
    const events: JournalEvent[] = [];
    for await (const event of this.#context.client().audit({ after: Math.max(0, seq - eventsBefore) })) {
      events.push(event);
      if (event.seq >= seq + eventsAfter) break;
    }
    return events;
  }

  #playOn(): void {
    this.#pause();
    const { past } = this.#context.store.state;
    if (past?.playing !== true) return;
    const next = past.events.find(({ seq }) => seq > past.known.seq);
    const waitMs = next === undefined ? 0 : Math.max(0, next.at / 1000 - past.atMs) / past.speed;
    this.#timer = setTimeout(
      () => {
        // The connection may have been lost meanwhile, which ends the playing.
        if (this.#pace.playing) void this.forward().then(() => this.#playOn());
      },
      Math.min(idleMsMax, waitMs),
    );
  }

  #pause(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #change(past: Past): void {
    this.#context.store.dispatch({ type: 'past', past });
  }
}

import { reduceScreen, type ScreenChange } from './screen-reducer.ts';
import type { ScreenState } from './screen-state.ts';

/** How often the screen is drawn anew for what comes by itself: output is read no faster, and drawing costs most of it. */
const feedPauseMs = 150;

/**
 * Holds what the screen shows. What a person does is drawn at once; what comes by itself is drawn at most every
 * `feedPauseMs`, however much comes.
 */
export class ScreenStore implements Disposable {
  #state: ScreenState;
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;
  #owed = false;

  constructor(initial: ScreenState) {
    this.#state = initial;
  }

  get state(): ScreenState {
    return this.#state;
  }

  /** Something was done at the keyboard, or answers what was. */
  readonly dispatch = (change: ScreenChange): void => {
    this.#state = reduceScreen(this.#state, change);
    this.#tell();
  };

  /** Something came by itself. */
  readonly feed = (change: ScreenChange): void => {
    this.#state = reduceScreen(this.#state, change);
    if (this.#timer === null) this.#tell();
    else this.#owed = true;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#listeners.clear();
  }

  #tell(): void {
    this.#owed = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#owed) this.#tell();
    }, feedPauseMs);
    for (const listener of this.#listeners) listener();
  }
}

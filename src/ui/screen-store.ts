import { reduceScreen, type ScreenChange } from './screen-reducer.ts';
import type { Dialog, ScreenState } from './screen-state.ts';

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

/** Puts what an answer leads to in place of the dialog that asked for it, if that is still open. Tells whether it is. */
export function answerDialog(
  store: ScreenStore,
  { asking, next }: { readonly asking: Dialog; readonly next: Dialog | null },
): boolean {
  // It is the same one as long as nothing was typed, which it does not let while it is busy.
  if (store.state.dialog !== asking) return false;
  store.dispatch({ type: 'dialog', dialog: next });
  return true;
}

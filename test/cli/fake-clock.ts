import type { KeyInput } from '../../src/cli/command.ts';

/** A clock that stands still until somebody waits for it, and then is where it was wanted. */
export class FakeClock {
  /** Every pause that ran out or was cut short, in milliseconds, in their order. */
  readonly pauses: number[] = [];
  /** What happens in a pause, by its place: it is told how to end it early. */
  readonly #during = new Map<number, (passed: (ms: number) => void) => void>();
  #nowMs: number;

  constructor(nowMs = Date.UTC(2026, 10, 22, 15)) {
    this.#nowMs = nowMs;
  }

  readonly now = (): number => this.#nowMs;

  readonly after = (ms: number, call: () => void): (() => void) => {
    const place = this.pauses.push(ms) - 1;
    const during = this.#during.get(place);
    let isOff = false;
    const timer = setImmediate(() => {
      // Something happens in the middle of it: what has passed by then has passed.
      during?.((passedMs) => (this.#nowMs += passedMs));
      if (isOff || during !== undefined) return;
      this.#nowMs += ms;
      call();
    });
    return () => {
      isOff = true;
      if (during === undefined) clearImmediate(timer);
    };
  };

  /** In the pause of that place (0 is the first) this happens, and nothing else ends it. */
  during(place: number, happens: (passed: (ms: number) => void) => void): this {
    this.#during.set(place, happens);
    return this;
  }

  /** The clock is set. */
  set(ms: number): void {
    this.#nowMs += ms;
  }
}

/** Keys that a test presses. */
export class FakeKeyInput implements KeyInput {
  isOpen = true;
  press: (key: string) => void = () => undefined;

  readonly onKey = (listener: (key: string) => void): void => {
    this.press = listener;
  };

  [Symbol.dispose](): void {
    this.isOpen = false;
  }
}

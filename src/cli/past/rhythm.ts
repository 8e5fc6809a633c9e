import { durationMsMax } from '../../protocol/limits.ts';
import type { CommandContext } from '../command.ts';

type Clockwork = Pick<CommandContext, 'now' | 'after'>;

interface Pace {
  /** How many times as fast; Infinity for no pauses at all. */
  readonly speed: number;
  /** The longest that a pause counts, in milliseconds of the recording. */
  readonly idleMsMax: number;
}

/** What is further behind is not caught up with: the clock was set, or the reader took its time. */
export const lateMsMax = 1000;

/**
 * Lets pieces out at their times. What is late is caught up with, so that many short pauses do not add up their delays.
 * It can be paused, stepped piece by piece, and left.
 */
export class Rhythm {
  readonly #clockwork: Clockwork;
  readonly #pace: Pace;
  /** When the last piece was due, by the clock of now. */
  #dueMs: number;
  #isPaused = false;
  #steps = 0;
  #hasLeft = false;
  #wake: () => void = () => undefined;

  constructor(clockwork: Clockwork, pace: Pace) {
    this.#clockwork = clockwork;
    this.#pace = pace;
    this.#dueMs = clockwork.now();
  }

  /** Stops the time, or lets it go on. */
  togglePause(): void {
    this.#isPaused = !this.#isPaused;
    this.#steps = 0;
    this.#wake();
  }

  /** Lets the next piece out at once, and stops the time. */
  step(): void {
    this.#isPaused = true;
    this.#steps += 1;
    this.#wake();
  }

  leave(): void {
    this.#hasLeft = true;
    this.#wake();
  }

  /** Waits as long as the recording did. @returns whether to go on. */
  async pause(recordedMs: number): Promise<boolean> {
    const wantedMs = Math.min(Math.max(0, recordedMs), this.#pace.idleMsMax) / this.#pace.speed;
    const { now } = this.#clockwork;
    let leftMs = Math.min(wantedMs, Math.max(0, this.#behind() + wantedMs));
    this.#dueMs += wantedMs;
    while (!this.#hasLeft) {
      if (this.#isPaused) {
        if (this.#steps > 0) {
          this.#steps -= 1;
          this.#dueMs = now();
          return true;
        }
        await this.#woken(null);
        continue;
      }
      if (leftMs <= 0) return true;
      const begunMs = now();
      this.#dueMs = begunMs + leftMs;
      const timerMs = Math.min(leftMs, durationMsMax);
      const ranOut = await this.#woken(timerMs);
      // Of a clock that was set back nothing has passed; a timer that ran out knows better than any clock.
      leftMs -= ranOut ? timerMs : Math.max(0, now() - begunMs);
    }
    return false;
  }

  /** How far this moment is past the last one that was due, as a number below zero. */
  #behind(): number {
    const lateMs = this.#clockwork.now() - this.#dueMs;
    if (lateMs < 0 || lateMs > lateMsMax) {
      this.#dueMs = this.#clockwork.now();
      return 0;
    }
    return -lateMs;
  }

  /** Until the time has run out or a key was pressed. @returns whether it was the time. */
  async #woken(ms: number | null): Promise<boolean> {
    const ranOut = await new Promise<boolean>((resolve) => {
      const callOff = ms === null ? () => undefined : this.#clockwork.after(ms, () => resolve(true));
      this.#wake = () => {
        callOff();
        resolve(false);
      };
    });
    this.#wake = () => undefined;
    return ranOut;
  }
}

import type { Microseconds, Outcome } from '../journal/events.ts';
import { ticksPerSecond } from './boot-clock.ts';

/** A file's time is that of the kernel's last tick; where no processor was awake, of the one before. */
export const coarseUs = (2 * 1_000_000) / ticksPerSecond;

/**
 * When a task ended, by the time of the file in which that was noted. That is the kernel's coarse one, and may be a tick
 * too early: before the task had started, or before the signal was sent that ended it.
 */
export class EndTime {
  #delivered: { readonly signal: string; readonly at: Microseconds } | null = null;

  /** @param delivered the time is one before it was sent. */
  noteSignal(delivered: { readonly signal: string; readonly at: Microseconds }): void {
    this.#delivered = delivered;
  }

  of(noted: Microseconds, { startedAt, outcome }: { startedAt: Microseconds; outcome: Outcome }): Microseconds {
    const { signal, at } = this.#delivered ?? { signal: null, at: noted };
    // Of more than a tick before it was another one of that name, which somebody else sent.
    const isByIt = outcome.kind === 'signaled' && outcome.signal === signal && at - noted <= coarseUs;
    return Math.max(noted, startedAt, isByIt ? at : noted) as Microseconds;
  }
}

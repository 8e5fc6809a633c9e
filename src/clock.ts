import type { Microseconds } from './journal/events.ts';

/** The time of day, passed in by the mains so that everything else can be tested with another one. */
export type Clock = () => Microseconds;

/** How far the fine clock may be from the system's before it is set by it again. */
export const driftMsMax = 2;

/** The system's time of day, with the microseconds of the monotonic clock between its ticks. */
export function systemClock(): Clock {
  let wallMs = Date.now();
  let monotonicMs = performance.now();
  return () => {
    const fine = wallMs + (performance.now() - monotonicMs);
    const coarse = Date.now();
    if (Math.abs(fine - coarse) <= driftMsMax) return Math.round(fine * 1000) as Microseconds;
    wallMs = coarse;
    monotonicMs = performance.now();
    return (coarse * 1000) as Microseconds;
  };
}

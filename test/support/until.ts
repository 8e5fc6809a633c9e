import { setTimeout as delay } from 'node:timers/promises';

/** A ceiling that a loaded machine does not reach: only what never comes does. */
const ceilingMs = 30_000;
const pollMs = 10;

/**
 * Waits until something holds, and gives what it gave.
 * @param what is said in the error when it never does.
 */
export async function until<T>(what: string, holds: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + ceilingMs;
  for (;;) {
    const value = await holds();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`never came true: ${what}`);
    await delay(pollMs);
  }
}

import { setImmediate } from 'node:timers/promises';

/** Work that is done in steps, with everybody else's turn of the event loop between two of them. */
export async function* stepsInTurns<T>(
  steps: Iterable<T>,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<T, void, void> {
  for (const step of steps) {
    signal.throwIfAborted();
    yield step;
    await setImmediate();
  }
}

/** The same of work that gives something at its end alone. */
export async function resultInTurns<T>(
  steps: Generator<unknown, T, void>,
  { signal }: { readonly signal: AbortSignal },
): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await setImmediate();
    // What the work holds is let go of.
    if (signal.aborted) steps.throw(signal.reason);
  }
}

/** So many of some things in each step; of none there is one step, with nothing in it. */
export function* inSlices<T>(
  items: Iterable<T>,
  { atOnce }: { readonly atOnce: number },
): Generator<readonly T[], void, void> {
  let slice: T[] = [];
  let isFirst = true;
  for (const item of items) {
    slice.push(item);
    if (slice.length < atOnce) continue;
    yield slice;
    slice = [];
    isFirst = false;
  }
  if (isFirst || slice.length > 0) yield slice;
}

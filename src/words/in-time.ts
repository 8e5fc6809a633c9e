import { type Context, createContext, Script } from 'node:vm';

/** Something took longer than it may. */
export class TookTooLong extends Error {}

/** How much of the time that something may take has to be spent on a processor for it to count as taken. */
const workedShareMin = 0.5;

let place: { readonly call: Script; readonly context: Context & { work: () => unknown } } | null = null;

/**
 * Does something that gives no turn to anybody else, and stops it where it takes longer than it may: V8 looks now and
 * then, in the middle of a regular expression too, whether it is to stop. It may be begun again, where the process was
 * stopped or hardly got to run, and so must not change anything. It costs about 0.2 ms.
 * @param options.limitMs at least 1.
 * @throws TookTooLong.
 */
export function inTime<T>(work: () => T, { limitMs }: { readonly limitMs: number }): T {
  place ??= { call: new Script('work()'), context: Object.assign(createContext({}), { work: () => undefined }) };
  const { call, context } = place;
  let result: T | undefined;
  context.work = () => (result = work());
  const before = process.cpuUsage();
  for (;;) {
    try {
      call.runInContext(context, { timeout: Math.ceil(limitMs) });
      return result as T;
    } catch (error) {
      if (!isTimeout(error)) throw error;
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1_000 >= limitMs * workedShareMin) throw new TookTooLong();
    }
  }
}

function isTimeout(error: unknown): boolean {
  // It is an error of that other place, and no instance of our own class.
  const { code = null } = Object(error) as { readonly code?: unknown };
  return code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

import type { CommandContext } from './command.ts';
import { reportError } from './report-error.ts';

interface Asked<T> {
  /** The answers, in the order in which the tasks were named; those that were refused are left out. */
  readonly answers: readonly T[];
  /** 0, or the exit status of the first named one that is not 0. */
  readonly status: number;
}

/** Asks the same about several things (tasks, mostly) at once. Every refusal is told, and none keeps the others from their answers. */
export async function askEach<T>(
  { context, tasks }: { readonly context: CommandContext; readonly tasks: readonly string[] },
  /** Prints the answer to one, and gives it back with its exit status. */
  ask: (task: string) => Promise<{ readonly answer: T; readonly status: number }>,
): Promise<Asked<T>> {
  const asked = await Promise.all(
    [...new Set(tasks)].map(async (task) => {
      try {
        const { answer, status } = await ask(task);
        return { answers: [answer], status };
      } catch (error) {
        return { answers: [], status: await reportError(error, context) };
      }
    }),
  );
  return { answers: asked.flatMap(({ answers }) => answers), status: firstFailure(asked.map(({ status }) => status)) };
}

/** 0 where all are 0, else the first that is not. */
export function firstFailure(statuses: readonly number[]): number {
  return statuses.find((status) => status !== 0) ?? 0;
}

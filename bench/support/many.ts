import type { Client, RunRequest, TaskView } from '../../src/client/library.ts';

/** Requests that are waited for at a time: as `ghost run --batch` does. */
const underWay = 32;

/** Starts so many tasks over one connection, and calls back after each answer. */
export async function startMany(
  client: Client,
  { count, request, onStarted }: { count: number; request: RunRequest; onStarted?: () => void },
): Promise<readonly TaskView[]> {
  const started: TaskView[] = [];
  let submitted = 0;
  await Promise.all(
    Array.from({ length: Math.min(underWay, count) }, async () => {
      while (submitted < count) {
        submitted += 1;
        started.push(await client.run(request));
        onStarted?.();
      }
    }),
  );
  return started;
}

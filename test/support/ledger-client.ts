import type { Client } from '../../src/client/api.ts';
import { connectClient } from '../../src/client/client.ts';
import type { CrashPoint } from '../../src/crash-point.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { GhostHome, GhostResult } from './ghost-home.ts';
import type { LedgerTask } from './ledger.ts';

/**
 * A client within the test's own process: as good as a command line and cheaper. A daemon that it has to start is
 * started by a command of the home's, so that it carries the home's mark and nothing of the test runner's.
 */
export async function connectTo(home: GhostHome, { start = true }: { start?: boolean } = {}): Promise<Client> {
  return await connectClient({
    environment: home.env,
    start,
    loadStarter: () =>
      Promise.resolve({
        startDaemon: () => startTogether(home),
        meetOtherVersion: async () => null,
      }),
  });
}

/** Clients of one process that lose their daemon together start one command between them. */
const starting = new WeakMap<GhostHome, Promise<void>>();

function startTogether(home: GhostHome): Promise<void> {
  const known = starting.get(home);
  if (known !== undefined) return known;
  const started = home
    .ok(['list'])
    .then(() => undefined)
    .finally(() => starting.delete(home));
  starting.set(home, started);
  return started;
}

/** Starts a task of a ledger's as a command line in the home's work folder would. */
export async function runLedgerTask(
  client: Client,
  home: GhostHome,
  { command }: LedgerTask,
  options: { timeoutMs?: number } = {},
): Promise<number> {
  const environment = Object.entries(home.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return (await client.run({ command, cwd: home.work, environment, ...options })).id;
}

/**
 * Starts a daemon that kills itself when it passes a point for the nth time. The command that starts it fails where
 * the point is one of the daemon's own start.
 */
export async function armDaemon(home: GhostHome, point: CrashPoint, { nth = 1 } = {}): Promise<GhostResult> {
  return await home.ghost(['list'], { env: { GHOST_CRASH: `${point}@${nth}` } });
}

/**
 * Starts a daemon that kills itself at a point on a task's way, and the task over it. The client that asked for it finds no
 * daemon and starts none, so that the task's number, 1 in a new home, is told by the journal alone.
 */
export async function loseDaemonOver(
  home: GhostHome,
  { point, task, timeoutMs }: { readonly point: CrashPoint; readonly task: LedgerTask; readonly timeoutMs?: number },
): Promise<void> {
  await armDaemon(home, point);
  await using client = await connectTo(home, { start: false });
  const options = timeoutMs === undefined ? {} : { timeoutMs };
  try {
    await runLedgerTask(client, home, task, options);
  } catch (error) {
    if (error instanceof GhostError && error.code === 'daemon-not-running') return;
    throw error;
  }
  throw new Error(`the daemon did not die at ${point}`);
}

import type { Client } from '../client/api.ts';
import { GhostError } from '../ghost-error.ts';
import type { CommandContext } from './command.ts';

/** Asks a daemon that runs, and starts none; null where there is none. */
export async function askRunningDaemon<T>(
  { connect }: CommandContext,
  ask: (client: Client) => Promise<T>,
): Promise<T | null> {
  try {
    return await ask(await connect({ start: false }));
  } catch (error) {
    if (error instanceof GhostError && error.code === 'daemon-not-running') return null;
    throw error;
  }
}

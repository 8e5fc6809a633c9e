import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

import type { Paths } from '../paths.ts';
import type { DaemonLog } from './daemon-log.ts';
import type { HomeGuard } from './home-guard.ts';
import type { Server } from './server.ts';

/** A folder that is being removed is not to be filled meanwhile: what was first in it is followed by the rest. */
const rebindAfterMs = 50;

/** Somebody may clean the runtime folder under a running daemon: it then listens there anew. */
export function keepInPlace(
  server: Server,
  { paths, guard, log }: { paths: Paths; guard: HomeGuard; log: DaemonLog },
): FSWatcher | null {
  const name = basename(paths.socket);
  const rebind = (): void => {
    if (!guard.holds() || server.isInPlace()) return;
    log.warn('the socket was removed; listening anew', { socket: paths.socket });
    server.rebind().catch((error: unknown) => {
      log.error('the socket cannot be put back', { error: String(error) });
    });
  };
  try {
    return watch(dirname(paths.socket), { persistent: false }, (_, changed) => {
      if (changed === name && !server.isInPlace()) setTimeout(rebind, rebindAfterMs).unref();
    }).on('error', (error) => {
      log.warn('the socket is no longer watched', { error: String(error) });
    });
  } catch (error) {
    log.warn('the socket cannot be watched', { error: String(error) });
    return null;
  }
}

import type { DaemonLog } from '../../src/daemon/daemon-log.ts';

const nothing = (): void => undefined;

/** The log of a part of the daemon that is tested without one. */
export const silentLog: DaemonLog = {
  info: nothing,
  warn: nothing,
  warnOnce: nothing,
  error: nothing,
  [Symbol.dispose]: nothing,
};

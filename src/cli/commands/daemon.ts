import type { Command } from '../command.ts';

/** `ghost daemon`: from here on the process is the daemon, which reads `--persist` from its command line itself. */
export const daemon: Command = async (_, { loadDaemon }) => {
  await loadDaemon();
  return 'stays';
};

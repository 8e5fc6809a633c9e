import { startDaemon } from '../../src/client/start-daemon.ts';
import { resolvePaths } from '../../src/paths.ts';

/** One client of a herd: starts a daemon, or waits for the one that another starts, and says so. */
await startDaemon(resolvePaths(process.env), { daemonScript: process.argv[2] ?? '' });
process.stdout.write('listens\n');
process.exit(0);

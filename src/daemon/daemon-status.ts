import type { Paths } from '../paths.ts';
import { isoTime } from '../projections/task-view.ts';
import type { DaemonStatus } from '../protocol/answers.ts';
import { protocolVersion } from '../protocol/limits.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { Supervisor } from './supervisor.ts';

export interface StatusContext extends Pick<SupervisionContext, 'journal' | 'table' | 'store' | 'clock' | 'startedAt'> {
  readonly supervisor: Pick<Supervisor, 'folder'>;
  readonly version: string;
  readonly paths: Pick<Paths, 'home' | 'socket'>;
}

/** How the daemon is. Costs the same however many tasks have ended: what is counted over all of them is kept. */
export function describeDaemon(context: StatusContext): DaemonStatus {
  const { journal, table, store, clock, startedAt, version, paths } = context;
  return {
    pid: process.pid,
    version,
    protocol: protocolVersion,
    startedAt: isoTime(startedAt),
    uptimeMs: Math.round((clock() - startedAt) / 1000),
    tasksRunning: table.current.active.size,
    tasksTotal: store.counter('tasks'),
    events: journal.lastSeq,
    journalBytes: journal.bytes,
    logBytes: store.counter('logBytes') + openLogBytes(context),
    memoryBytes: process.memoryUsage.rss(),
    home: paths.home,
    socket: paths.socket,
  };
}

/** What can be read of the output that is still written. */
function openLogBytes({ table, supervisor }: StatusContext): number {
  let bytes = 0;
  for (const id of table.current.openLogs) {
    const sizes = supervisor.folder(id).sizes();
    const stored = table.get(id)?.stored;
    for (const stream of ['stdout', 'stderr'] as const) {
      bytes += Math.max(0, sizes[stream] - (stored?.[stream].prunedTo ?? 0));
    }
  }
  return bytes;
}

import type { Journal } from '../journal/journal.ts';
import { isoTime } from '../microseconds.ts';
import type { LiveTable } from '../projections/live-table.ts';
import type { TaskStore } from '../projections/task-store.ts';
import type { DaemonStatus } from '../protocol/answers.ts';
import { protocolVersion } from '../protocol/limits.ts';
import type { DaemonOptions } from './daemon.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { Supervisor } from './supervisor.ts';

/** How the daemon is, as `ghost status` shows it. */
export function describeDaemon({
  options,
  journal,
  table,
  store,
  supervisor,
  startedAt,
  begunAt,
}: {
  options: DaemonOptions;
  journal: Journal;
  table: LiveTable;
  store: TaskStore;
  supervisor: Supervisor;
  startedAt: SupervisionContext['startedAt'];
  /** The same by the clock that nobody sets: `performance.now`. */
  begunAt: number;
}): DaemonStatus {
  const { active, openLogs } = table.current;
  const openBytes = [...openLogs]
    .map((id) => {
      const { stdout, stderr } = supervisor.folder(id).sizes();
      const stored = table.get(id)?.stored;
      return stdout + stderr - (stored?.stdout.prunedTo ?? 0) - (stored?.stderr.prunedTo ?? 0);
    })
    .reduce((sum, bytes) => sum + Math.max(0, bytes), 0);
  return {
    pid: process.pid,
    version: options.version,
    protocol: protocolVersion,
    startedAt: isoTime(startedAt),
    uptimeMs: Math.round(performance.now() - begunAt),
    tasksRunning: active.size,
    tasksTotal: store.counter('tasks'),
    events: journal.lastSeq,
    journalBytes: journal.bytes,
    logBytes: store.counter('logBytes') + openBytes,
    memoryBytes: process.memoryUsage.rss(),
    home: options.paths.home,
    socket: options.paths.socket,
  };
}

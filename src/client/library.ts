import type { Client, ConnectOptions } from './api.ts';
import { connectClient } from './client.ts';

/**
 * ghost as a library: what the command line can do, from a program of yours.
 *
 * ```ts
 * import { connect } from 'ghost-journal';
 *
 * await using ghost = await connect();
 * const task = await ghost.run({ command: ['make', '-j4'], name: 'build' });
 * for await (const { stream, data } of ghost.log(String(task.id), { follow: true })) process[stream].write(data);
 * ```
 */

export type { AuditOptions, Client, ConnectOptions, LogOptions, PruneOptions, RunRequest } from './api.ts';
export { GhostError, type GhostErrorCode, type GhostErrorShape } from '../ghost-error.ts';
export type {
  Actor,
  EventType,
  JournalEvent,
  Microseconds,
  Outcome,
  ProcessorTime,
  PruneReason,
  SequenceNumber,
  StreamName,
  TaskId,
} from '../journal/events.ts';
export type { FilterTerm, TaskFilter } from '../projections/task-filter.ts';
export type { TaskState, TaskView } from '../projections/task-view.ts';
export type { Task } from '../projections/task.ts';
export type {
  CommandStats,
  Damage,
  DaemonStatus,
  EnvironmentValue,
  LogChunk,
  LogEnd,
  MissingOutput,
  PruneResult,
  RebuildProgress,
  RebuildResult,
  RedactResult,
  ShutdownResult,
  StopResult,
  TaskDetail,
  VerifyProgress,
  VerifyResult,
} from '../protocol/answers.ts';
export type { EndSignal } from '../protocol/end-signal.ts';
export type { EnvironmentEntry, LogCursor, Moment, TaskReference } from '../protocol/messages.ts';

/**
 * Connects to the daemon of your data folder, and starts it where none runs. The connection keeps the program alive
 * until it is closed; when it is lost it is made again by itself, and whatever was under way goes on.
 * @throws GhostError `code` says what kind, `message` what happened, `hint` what to type. With `start: false` and no
 *   daemon it is `daemon-not-running`.
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  return await connectClient({ ...options, loadStarter: () => import('./start-daemon.ts') });
}

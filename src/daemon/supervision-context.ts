import type { Clock } from '../clock.ts';
import type { Actor, EventDraft, Microseconds } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { LiveTable } from '../projections/live-table.ts';
import type { TaskStore } from '../projections/task-store.ts';
import type { DaemonLog } from './daemon-log.ts';
import type { HomeGuard } from './home-guard.ts';
import type { Kernel } from './kernel.ts';
import type { OpenFiles } from './open-files.ts';
import type { ProcessTable } from './process-table.ts';
import type { Reserve } from './reserve.ts';
import type { ShimTools } from './spawn.ts';

/** What every part of the daemon that looks after tasks needs. */
export interface SupervisionContext {
  readonly journal: Journal;
  /** The live tasks, and any other by its number. */
  readonly table: LiveTable;
  /** All tasks, asked by anything else. */
  readonly store: TaskStore;
  readonly processes: ProcessTable;
  readonly kernel: Kernel;
  /** How many files the daemon may have open. */
  readonly openFiles: OpenFiles;
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** Tells whether there is room to begin anything. */
  readonly reserve: Pick<Reserve, 'isShort' | 'demandRoom'>;
  /** Tells whether the data folder is still this daemon's. */
  readonly guard: Pick<HomeGuard, 'demand'>;
  readonly tools: ShimTools;
  /** The daemon as the actor of what it does by itself. */
  readonly self: Actor;
  /** When this daemon began: what ended before is `found`, not `live`. */
  readonly startedAt: Microseconds;
}

/** What the supervision of a task records of it. */
export type SupervisionDraft = EventDraft extends infer E
  ? E extends { type: 'TaskStarted' | 'TaskSpawnAborted' | 'TaskExited' | 'TaskLost' | 'LogClosed' | 'PumpRestarted' }
    ? Omit<E, 'task' | 'actor'>
    : never
  : never;

import type { JournalEvent, TaskId } from '../../src/journal/events.ts';
import { evolveTask, isTaskEvent } from '../../src/projections/evolve-task.ts';
import type { Task } from '../../src/projections/task.ts';

/**
 * Every task, as the events so far tell it: what the read models, the live table and the screen's fold are held to. The table belongs to its fold and is changed in place, because a copy of
 * the map for each event would cost a thousand times the fold itself; a `Task` in it is never changed, only replaced.
 */
export interface WholeTable {
  /** The last event that was folded. */
  readonly seq: number;
  readonly tasks: ReadonlyMap<TaskId, Task>;
  /** Those that have not ended. */
  readonly active: ReadonlySet<TaskId>;
  /** Those that have, in the order in which they ended. */
  readonly ended: readonly TaskId[];
  /** Those whose output is not complete: active ones, and ended ones whose streams are held open. */
  readonly openLogs: ReadonlySet<TaskId>;
  /** Those with a signal that is not answered or a stop that is under way, ended or not: somebody is owed something. */
  readonly owed: ReadonlySet<TaskId>;
  /** The newest task of each name. */
  readonly byName: ReadonlyMap<string, TaskId>;
  /** The bytes of all complete logs. */
  readonly closedLogBytes: number;
}

interface OwnedTable extends WholeTable {
  seq: number;
  tasks: Map<TaskId, Task>;
  active: Set<TaskId>;
  ended: TaskId[];
  openLogs: Set<TaskId>;
  owed: Set<TaskId>;
  byName: Map<string, TaskId>;
  closedLogBytes: number;
}

/** The table before the first event. */
export function initialTable(): WholeTable {
  const table: OwnedTable = {
    seq: 0,
    tasks: new Map(),
    active: new Set(),
    ended: [],
    openLogs: new Set(),
    owed: new Set(),
    byName: new Map(),
    closedLogBytes: 0,
  };
  return table;
}

/** The table after one more event. Total; an event that was folded before changes nothing. */
export function evolveTable(table: WholeTable, event: JournalEvent): WholeTable {
  // Made by `initialTable` and by nothing else.
  const owned = table as OwnedTable;
  if (event.seq <= owned.seq) return owned;
  owned.seq = event.seq;
  if (!isTaskEvent(event)) return owned;
  const before = owned.tasks.get(event.task);
  const after = evolveTask(before, event);
  if (after === undefined || after === before) return owned;
  owned.tasks.set(after.id, after);
  if (before === undefined && after.name !== null) owned.byName.set(after.name, after.id);
  if (after.status.kind !== 'ended') owned.active.add(after.id);
  else if (owned.active.delete(after.id)) owned.ended.push(after.id);
  if (after.stop !== null || after.unansweredSignals.length > 0) owned.owed.add(after.id);
  else owned.owed.delete(after.id);
  if (after.log.kind === 'open') owned.openLogs.add(after.id);
  else if (owned.openLogs.delete(after.id)) owned.closedLogBytes += after.log.stdoutBytes + after.log.stderrBytes;
  return owned;
}

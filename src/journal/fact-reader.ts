import { decodeEvent } from './codec.ts';
import type { EventType, JournalEvent, TaskId } from './events.ts';
import type { Statements } from './statements.ts';

/** The questions that a journal answers by an index: what was recorded of a task, of a fact, of the daemons. */
export abstract class FactReader {
  protected readonly statements: Statements;

  protected constructor(statements: Statements) {
    this.statements = statements;
  }

  /** All events about one task, in order. */
  readTask(task: TaskId): readonly JournalEvent[] {
    return this.statements.readTask.all(task).map(decodeEvent);
  }

  /** The event that recorded a fact (see `onceKey`), or null. */
  findOnce(key: string): JournalEvent | null {
    const row = this.statements.findOnce.get(key);
    return row === undefined ? null : decodeEvent(row);
  }

  /** The facts whose key (see `onceKey`) begins so, and that were recorded after a place. In the order of their keys. */
  readOnce({ prefix, after }: { prefix: string; after: number }): readonly JournalEvent[] {
    return this.statements.readOnce.all(prefix, `${prefix}\u{10ffff}`, after).map(decodeEvent);
  }

  /** The events of one type after a place, up to another, in order. It takes as long as all events between them are many. */
  readType({ type, after, to }: { type: EventType; after: number; to: number }): readonly JournalEvent[] {
    return this.statements.readType.all(after, to, type).map(decodeEvent);
  }

  /** The place of the last DaemonStopped: what came before it was done whole. 0 where there was none. */
  lastCleanStop(): number {
    return this.statements.lastCleanStop.get()?.[0] ?? 0;
  }

  /** The last DaemonStarted or DaemonStopped, or null in a new journal. */
  lastDaemonEvent(): JournalEvent | null {
    const row = this.statements.lastDaemonEvent.get();
    return row === undefined ? null : decodeEvent(row);
  }

  /** The highest number that a task was ever given, by events that are lost too; 0 where there was none. */
  lastTask(): number {
    return this.statements.lastTask.get()?.[0] ?? 0;
  }

  /** The place of the last JournalRestored: events before it may be missing. 0 where there was none. */
  lastRestored(): number {
    return this.statements.lastRestored.get()?.[0] ?? 0;
  }
}

import { closeSync, constants, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { passCrashPoint } from '../crash-point.ts';
import type { StreamName, TaskId } from '../journal/events.ts';

/**
 * Everything about one task that is not in the journal:
 *   spool/stdout, spool/stderr     the streams, append-only; their offsets are the streams' for ever
 *   spool/status.1, messages.1     what the shim of attempt 1 noted, and what its shell said
 *   spool/stdout.fifo, …           the pipes, while there is a task
 *   spool/stdout.pump              the pid of a pump that the daemon put in, while there is one
 *   order.idx                      which stream grew when (order-index.ts); not in `spool`, which is watched
 * All files 0600 and folders 0700, from the daemon's umask.
 */
export class TaskFolder {
  readonly path: string;
  readonly spool: string;

  constructor(tasksFolder: string, id: TaskId) {
    this.path = join(tasksFolder, String(id));
    this.spool = join(this.path, 'spool');
  }

  /**
   * Moves a folder that is there aside, under a name that says before which task it was. Called with a number that the
   * journal has not given out yet: what is there is of another journal, one that was moved away or replaced by a backup,
   * and its exit would be taken for the new task's.
   * @returns whether there was one.
   */
  setAside({ uuid }: { readonly uuid: string }): boolean {
    if (statSync(this.path, { throwIfNoEntry: false }) === undefined) return false;
    renameSync(this.path, `${this.path}.before-${uuid}`);
    return true;
  }

  /** Makes the folder where it is not there yet. */
  create(): void {
    mkdirSync(this.spool, { recursive: true });
  }

  stream(name: StreamName): string {
    return join(this.spool, name);
  }

  fifo(name: StreamName): string {
    return join(this.spool, `${name}.fifo`);
  }

  pumpMarker(name: StreamName): string {
    return join(this.spool, `${name}.pump`);
  }

  /**
   * The pid of the pump that a daemon put in, or null. A marker that is still empty is of a daemon that was killed
   * before it had a pump: it is taken away, because the shim waits for as long as it is there.
   */
  replacedPump(name: StreamName): number | null {
    const path = this.pumpMarker(name);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
    const pid = Number.parseInt(readFileSync(path, 'latin1'), 10);
    if (Number.isInteger(pid)) return pid;
    rmSync(path, { force: true });
    return null;
  }

  get order(): string {
    return join(this.path, 'order.idx');
  }

  status(attempt: number): string {
    return join(this.spool, `status.${attempt}`);
  }

  /** The bytes that a stream has by now, 0 where there is none. */
  size(name: StreamName): number {
    return statSync(this.stream(name), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** How far both streams have come, in bytes. */
  sizes(): { readonly stdout: number; readonly stderr: number } {
    return { stdout: this.size('stdout'), stderr: this.size('stderr') };
  }

  /** What the shim of an attempt has noted, and when it last did, in milliseconds since 1970; null before it existed. */
  readStatus(attempt: number): { readonly text: string; readonly modifiedMs: number } | null {
    const path = this.status(attempt);
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? null : { text: readFileSync(path, 'latin1'), modifiedMs: stat.mtimeMs };
  }

  /** What the shell of an attempt said, "" where it said nothing. */
  readMessages(attempt: number): string {
    const path = join(this.spool, `messages.${attempt}`);
    return statSync(path, { throwIfNoEntry: false }) === undefined ? '' : readFileSync(path, 'utf8');
  }

  /** The four files of a shim, opened for appending; to be closed here when the shim has them. */
  openForShim(attempt: number): {
    readonly stdout: number;
    readonly stderr: number;
    readonly status: number;
    readonly messages: number;
    close(): void;
  } {
    const opened: number[] = [];
    const close = (): void => {
      for (const descriptor of opened.splice(0)) closeSync(descriptor);
    };
    const open = (path: string): number => {
      const descriptor = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
      opened.push(descriptor);
      return descriptor;
    };
    try {
      return {
        stdout: open(this.stream('stdout')),
        stderr: open(this.stream('stderr')),
        status: open(this.status(attempt)),
        messages: open(join(this.spool, `messages.${attempt}`)),
        close,
      };
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Takes away what only a running task needs. */
  removeRunFiles(): void {
    for (const name of ['stdout', 'stderr'] as const) {
      rmSync(this.fifo(name), { force: true });
      rmSync(this.pumpMarker(name), { force: true });
    }
    passCrashPoint('task.closing');
  }
}

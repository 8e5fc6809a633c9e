import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

import { passCrashPoint } from '../crash-point.ts';
import { errorCode, hasCode } from '../error-code.ts';
import type { StreamName, TaskId } from '../journal/events.ts';
import { streamNames } from '../stream-names.ts';
import { bytesOnDisk } from './file-system.ts';
import { forAppending, forReading, isLink, refuseLinks } from './no-links.ts';

/**
 * Everything about one task that is not in the journal:
 *   spool/stdout, spool/stderr     the streams, append-only; their offsets are the streams' for ever
 *   spool/status.1, messages.1     what the shim of attempt 1 noted, and what its shell said
 *   spool/stdout.fifo, …           the pipes, while there is a task
 *   spool/stdout.pump              the pid of a pump that the daemon put in, while there is one, and below it its start time
 *   spool/stdout.again             left by a shim that had to pump the rest itself, until that is recorded
 *   order.idx                      which stream grew when (order-index.ts); not in `spool`, which is watched
 * Of a complete task only the streams that have bytes stay, and `order.idx`; of one that wrote nothing, nothing (`settle`).
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
    // A link is what is there as well, wherever it leads.
    if (lstatSync(this.path, { throwIfNoEntry: false }) === undefined) return false;
    renameSync(this.path, `${this.path}.before-${uuid}`);
    return true;
  }

  /** Makes the folder where it is not there yet. */
  create(): void {
    this.demandOwn();
    mkdirSync(this.spool, { recursive: true });
  }

  /** @throws GhostError `log-unreadable` where it, or the folder of the spools, is a link to somewhere else. */
  demandOwn(): void {
    refuseLinks([this.path, this.spool], 'log-unreadable');
  }

  /** The same of the streams too. */
  demandReadable(): void {
    refuseLinks([this.path, this.spool, this.stream('stdout'), this.stream('stderr')], 'log-unreadable');
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
   * The pump that a daemon put in, or null. A marker that is still empty is of a daemon that was killed before it had a
   * pump: it is taken away, because the shim waits for as long as it is there.
   */
  replacedPump(name: StreamName): NotedPump | null {
    const path = this.pumpMarker(name);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
    const [pid = '', startTime = ''] = readFileSync(path, { encoding: 'latin1', flag: forReading }).split('\n');
    if (/^\d+$/.test(pid)) return { pid: Number(pid), startTime: startTime === '' ? null : startTime };
    rmSync(path, { force: true });
    return null;
  }

  /** The streams whose rest the shim had to pump itself, since their pump was gone before the end. */
  pumpedByShim(): readonly StreamName[] {
    return streamNames.filter((name) => statSync(this.#again(name), { throwIfNoEntry: false }) !== undefined);
  }

  /** To be called when that is recorded. */
  forgetPumpedByShim(): void {
    const pumped = this.pumpedByShim();
    for (const name of pumped) rmSync(this.#again(name), { force: true });
    if (pumped.length > 0) for (const folder of [this.spool, this.path]) removeIfEmpty(folder);
  }

  #again(name: StreamName): string {
    return join(this.spool, `${name}.again`);
  }

  get order(): string {
    return join(this.path, 'order.idx');
  }

  status(attempt: number): string {
    return join(this.spool, `status.${attempt}`);
  }

  /** The bytes that a stream has by now, 0 where there is none. */
  size(name: StreamName): number {
    const stats = lstatSync(this.stream(name), { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats.size : 0;
  }

  /** How far both streams have come, in bytes. */
  sizes(): { readonly stdout: number; readonly stderr: number } {
    return { stdout: this.size('stdout'), stderr: this.size('stderr') };
  }

  /** Which stream was written last, as well as the file system tells; stderr where it cannot tell them apart. */
  lastWritten(): StreamName {
    const writtenAt = (name: StreamName): number =>
      statSync(this.stream(name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return writtenAt('stdout') > writtenAt('stderr') ? 'stdout' : 'stderr';
  }

  /** What the shim of an attempt has noted, and when it last did, in milliseconds since 1970; null before it existed. */
  readStatus(attempt: number): { readonly text: string; readonly modifiedMs: number } | null {
    const path = this.status(attempt);
    if (!existsSync(path)) return null;
    const text = readFileSync(path, { encoding: 'latin1', flag: forReading });
    // After the text, so that it is not older than that: what the shim notes last is how its task ended.
    return { text, modifiedMs: statSync(path).mtimeMs };
  }

  /** What the shell of an attempt said, "" where it said nothing. */
  readMessages(attempt: number): string {
    const path = join(this.spool, `messages.${attempt}`);
    const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
    return isThere ? readFileSync(path, { encoding: 'utf8', flag: forReading }) : '';
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
      const descriptor = openSync(path, forAppending, 0o600);
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

  /**
   * Takes away all that an ended task needs no more: its pipes, what its shim noted, streams without a byte, and the
   * folders where nothing is left in them.
   *
   * Called when its end is recorded, and its shim and pumps are gone, but before it is recorded that its streams are
   * complete: a task of which that is known is not looked at again. A daemon that is killed in between finds an ended
   * task whose shim and pumps are gone, which is all that it has to know, and does the rest.
   * @returns what of what stays is not the streams', as it takes on the disk.
   */
  settle(): { readonly besideBytes: number } {
    if (isLink(this.path) || isLink(this.spool)) return { besideBytes: 0 };
    for (const name of readdirIfThere(this.spool)) {
      const path = join(this.spool, name);
      if (/^(stdout|stderr)\.(fifo|pump)$|^(status|messages)\.\d+$/.test(name)) rmSync(path, { force: true });
      else if ((name === 'stdout' || name === 'stderr') && this.size(name) === 0) rmSync(path, { force: true });
    }
    passCrashPoint('task.closing');
    for (const folder of [this.spool, this.path]) removeIfEmpty(folder);
    return { besideBytes: bytesOnDisk(this.order) + bytesOnDisk(this.spool) + bytesOnDisk(this.path) };
  }

  /** Takes the folder of the spools away where all of them are gone. */
  removeEmptySpool(): void {
    removeIfEmpty(this.spool);
  }
}

/** What a pump that a daemon put in has noted of itself. */
interface NotedPump {
  readonly pid: number;
  /** In clock ticks since boot; null where an older ghost put it in, which had only its pid noted. */
  readonly startTime: string | null;
}

function readdirIfThere(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Somebody else may have put something into it: then it stays. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    // POSIX lets a system say either of a folder that is not empty: rmdir(2).
    const stays = ['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'];
    if (hasCode(error, stays)) return;
    throw error;
  }
}

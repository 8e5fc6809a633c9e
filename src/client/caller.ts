import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { isatty } from 'node:tty';

import { readStat } from '../process-stat.ts';
import type { EnvironmentEntry } from '../protocol/messages.ts';

/** What a task inherits from the process that asks for it, as a bare spawn would have given it. */

/** What stands in a JavaScript string for bytes that are not UTF-8. */
const replacement = '\uFFFD';

/**
 * The environment of this process. A value that is not UTF-8 is given as its bytes, where the system tells them
 * (Linux); an entry whose name is not UTF-8 cannot be named over the wire and is left out.
 */
export function callerEnvironment(): readonly EnvironmentEntry[] {
  const entries: EnvironmentEntry[] = [];
  let rawValues: ReadonlyMap<string, Buffer> | null = null;
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || name === '') continue;
    if (!name.includes(replacement) && !value.includes(replacement)) {
      entries.push([name, value]);
      continue;
    }
    rawValues ??= readRawEnvironment();
    const raw = rawValues.get(name);
    if (raw !== undefined && raw.toString() === value) entries.push([name, isUtf8Text(raw) ? value : raw]);
    // Not there at the start, or changed since: then what this process has is the whole truth.
    else if (raw !== undefined || !name.includes(replacement)) entries.push([name, value]);
  }
  return entries;
}

/** The file mode creation mask of this process. */
export function callerUmask(): number {
  return process.umask();
}

/**
 * The soft limit of open files that the caller gives its children, or null where that cannot be read. It is the
 * parent's: Node raises its own to the hard limit when it starts. Where ghost's launcher started this process with
 * another Node, that Node has raised it too, and the launcher's parent is the caller.
 */
export function callerOpenFilesSoftLimit(): number | null {
  if (process.platform !== 'linux') return null;
  const parent = process.ppid;
  const caller = isSameScript(parent) ? parentOf(parent) : parent;
  const limit = /^Max open files +(\d+)/m.exec(read(`/proc/${caller}/limits`))?.[1];
  return limit === undefined ? null : Number(limit);
}

/** The terminal that this process is at, such as `/dev/pts/3`, or null where it is at none or it has no name. */
export function callerTerminal(): string | null {
  const descriptor = [0, 1, 2].find((candidate) => isatty(candidate));
  if (descriptor === undefined) return null;
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}

/** The values of environ(7), by the names that are UTF-8. */
function readRawEnvironment(): ReadonlyMap<string, Buffer> {
  const values = new Map<string, Buffer>();
  let environ;
  try {
    environ = readFileSync('/proc/self/environ');
  } catch {
    return values;
  }
  for (let start = 0; start < environ.length;) {
    const nul = environ.indexOf(0, start);
    const entry = environ.subarray(start, nul === -1 ? undefined : nul);
    start += entry.length + 1;
    const equals = entry.indexOf('=');
    const name = entry.subarray(0, Math.max(equals, 0));
    if (equals > 0 && isUtf8Text(name)) values.set(name.toString(), entry.subarray(equals + 1));
  }
  return values;
}

function isUtf8Text(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes);
}

/** Whether a process runs the script that this one runs: then it is the launcher. */
function isSameScript(pid: number): boolean {
  const own = process.argv[1];
  const theirs = read(`/proc/${pid}/cmdline`).split('\0')[1];
  if (own === undefined || theirs === undefined || theirs === '') return false;
  try {
    return realpathSync(resolve(readlinkSync(`/proc/${pid}/cwd`), theirs)) === realpathSync(own);
  } catch {
    return false;
  }
}

/** The parent of a process, or the process itself where that cannot be read. */
function parentOf(pid: number): number {
  const parent = Number(readStat(read(`/proc/${pid}/stat`)).field(4));
  return Number.isInteger(parent) && parent > 0 ? parent : pid;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

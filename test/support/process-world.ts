import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

import { isStopped, statOf } from './process-stat.ts';
import { until } from './until.ts';

/**
 * What a process was given by whoever started it, as the kernel tells it and not as the process says: proc(5). Bytes
 * are characters of latin1, so that nothing is lost.
 */
export interface ProcessWorld {
  readonly argv: readonly string[];
  /** Sorted: a shell in between may change the order, and nothing may depend on it. */
  readonly environment: readonly string[];
  readonly cwd: string;
  /** The masks of blocked and ignored signals, in hexadecimal. */
  readonly blocked: string;
  readonly ignored: string;
  readonly umask: string;
  readonly openFilesSoftLimit: string;
  readonly leadsGroup: boolean;
  readonly leadsSession: boolean;
}

/** The descriptors that a process has open. */
export function descriptorsOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/fd`).map(Number);
}

/** Reads the world of a process that has stopped itself, and by then is the program that was asked for. */
export async function worldOfStopped(pid: number): Promise<ProcessWorld> {
  await until(`process ${pid} has stopped itself`, () => isStopped(pid));
  const { group, session } = statOf(pid);
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const line = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? 'missing';
  const limit = /^Max open files +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1];
  return {
    argv: entriesOf(`/proc/${pid}/cmdline`),
    environment: entriesOf(`/proc/${pid}/environ`).toSorted(),
    cwd: readlinkSync(`/proc/${pid}/cwd`, 'latin1'),
    blocked: line('SigBlk'),
    ignored: line('SigIgn'),
    umask: line('Umask'),
    openFilesSoftLimit: limit ?? 'missing',
    leadsGroup: group === pid,
    leadsSession: session === pid,
  };
}

function entriesOf(path: string): readonly string[] {
  return readFileSync(path, 'latin1').split('\0').slice(0, -1);
}

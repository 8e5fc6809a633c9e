import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { procNumber, statOf } from '../support/process-stat.ts';

/** What the kernel says of the daemon's process: proc(5). Nothing of it is asked of ghost. */
export interface RestFigures {
  /** Resident memory in KiB: the least that was seen in a while without load. */
  readonly residentKib: number;
  /** The part of it that is not a file's. */
  readonly anonymousKib: number;
  readonly descriptors: number;
  readonly watches: number;
  /** Processor time since its start, in clock ticks. */
  readonly ticks: number;
}

/** So often, and so far apart, a process is looked at for the least that it takes. */
const looks = 20;
const lookEveryMs = 250;

/** The pid of the daemon of a data folder, as it noted it there itself. */
export function daemonPid(home: string): number {
  const card: unknown = JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8'));
  const pid: unknown = typeof card === 'object' && card !== null ? Reflect.get(card, 'pid') : null;
  if (typeof pid !== 'number') throw new Error(`${home}/daemon.json names no pid`);
  return pid;
}

/** Looks at a process that has nothing to do, for some seconds. */
export async function figuresAtRest(pid: number): Promise<RestFigures> {
  let least = look(pid);
  for (let count = 1; count < looks; count += 1) {
    await delay(lookEveryMs);
    const now = look(pid);
    least = {
      ...now,
      residentKib: Math.min(least.residentKib, now.residentKib),
      anonymousKib: Math.min(least.anonymousKib, now.anonymousKib),
      descriptors: Math.min(least.descriptors, now.descriptors),
      watches: Math.min(least.watches, now.watches),
    };
  }
  return least;
}

function look(pid: number): RestFigures {
  const descriptors = readdirSync(`/proc/${pid}/fd`);
  return {
    residentKib: procNumber(`${pid}/status`, 'VmRSS'),
    anonymousKib: procNumber(`${pid}/status`, 'RssAnon'),
    descriptors: descriptors.length,
    watches: descriptors.map((descriptor) => watchesOf(pid, descriptor)).reduce((sum, count) => sum + count, 0),
    ticks: statOf(pid).ticks,
  };
}

function watchesOf(pid: number, descriptor: string): number {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1').match(/^inotify wd/gm)?.length ?? 0;
  } catch {
    // Closed in between.
    return 0;
  }
}

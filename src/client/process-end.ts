import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { readStat } from '../process-stat.ts';
import { Stopwatch } from './stopwatch.ts';

const pollMs = 10;
/** One that takes longer is in another pid namespace, say, where the number is somebody else's. */
const waitMsMax = 5_000;

/** Settles when a process is gone, at the latest after a few seconds. This process itself is not waited for. */
export async function waitForEnd(pid: number): Promise<void> {
  const waited = new Stopwatch();
  while (pid !== process.pid && isThere(pid) && waited.elapsedMs < waitMsMax) await delay(pollMs);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** It has ended, and only nobody has asked how. */
function isZombie(pid: number): boolean {
  try {
    return readStat(readFileSync(`/proc/${pid}/stat`, 'latin1')).field(3) === 'Z';
  } catch {
    return false;
  }
}

import { readFileSync } from 'node:fs';

/** USER_HZ, in which the start of a process is told; fixed at 100 for every program since Linux 2.6: time(7). */
export const ticksPerSecond = 100;

/** Since boot, with the time asleep: proc_uptime(5). */
export function uptimeSeconds(): number {
  return Number.parseFloat(readFileSync('/proc/uptime', 'latin1'));
}

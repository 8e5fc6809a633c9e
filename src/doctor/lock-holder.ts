import { readFileSync, statSync } from 'node:fs';

import type { ProcessTable } from '../daemon/process-table.ts';

/** Who holds a lock on a file, as /proc/locks has it (proc_locks(5)); what a daemon says of itself may be old. */
export function holderOf(path: string, processes: ProcessTable | null): number | null {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined || processes === null) return null;
  return holderIn(readFileSync('/proc/locks', 'latin1'), file, {
    hasOpen: (pid) => processes.openFiles(pid).some(({ dev, ino }) => dev === file.dev && ino === file.ino),
  });
}

/**
 * @param locks as /proc/locks has them.
 * @param hasOpen whether a process has the very file open. Two file systems have files of the same number, and one that
 *   has devices of its own making (btrfs, overlayfs) says another there than stat(2) does: then this decides.
 */
export function holderIn(
  locks: string,
  { dev, ino }: { readonly dev: number; readonly ino: number },
  { hasOpen }: { readonly hasOpen: (pid: number) => boolean },
): number | null {
  const device = deviceText(dev);
  for (const line of locks.split('\n')) {
    const [, kind, , access, number, place] = line.split(/\s+/);
    if (kind !== 'POSIX' || access !== 'WRITE' || place?.endsWith(`:${ino}`) !== true) continue;
    const pid = Number(number);
    // Of a process that is not to be seen from here the kernel says 0 or -1.
    if (pid > 0 && (place === `${device}:${ino}` || hasOpen(pid))) return pid;
  }
  return null;
}

/** The two parts of a device's number, of 12 and 20 bits, which Linux mixes in stat(2). As /proc/locks prints them. */
function deviceText(dev: number): string {
  const major = (dev >>> 8) & 0xf_ff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xf_ff_00);
  const hex = (part: number): string => part.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}`;
}

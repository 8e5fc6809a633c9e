import { closeSync, constants, openSync, readSync, readlinkSync } from 'node:fs';

import { errorCode } from '../error-code.ts';
import { LoopSlice } from './loop-slice.ts';

/** Something that the kernel said, and when: microseconds since boot, of a clock that stands still while the machine sleeps. */
export interface KernelRecord {
  readonly atUs: number;
  readonly text: string;
}

/** What the kernel has said so far and still keeps, oldest first. Nothing where it may not be read. */
export type KernelLog = () => AsyncIterable<KernelRecord>;

/** The longest record that the kernel gives: CONSOLE_EXT_LOG_MAX. */
const recordBytesMax = 8 * 1024;
/** PROC_PID_INIT_INO: the pid namespace whose pids the kernel writes into its log. */
const firstPidNamespace = 'pid:[4026531836]';

/**
 * The kernel's log from /dev/kmsg (Documentation/ABI/testing/dev-kmsg): each read gives one record. Root may read it, and
 * others where kernel.dmesg_restrict is 0. In a container the pids in it are others than ours, so that it is not read.
 */
export function linuxKernelLog({ path = '/dev/kmsg' }: { readonly path?: string } = {}): KernelLog {
  return async function* () {
    if (!pidsAreTheKernels()) return;
    const descriptor = openIfAllowed(path);
    if (descriptor === null) return;
    try {
      const slice = new LoopSlice();
      const buffer = Buffer.alloc(recordBytesMax);
      for (;;) {
        const bytes = readRecord(descriptor, buffer);
        if (bytes === null) return;
        const record = parseKernelRecord(buffer.toString('utf8', 0, bytes));
        if (record !== null) yield record;
        if (slice.isOver) await slice.breathe();
      }
    } finally {
      closeSync(descriptor);
    }
  };
}

/** `6,339,5140900,-;text`: priority and facility, sequence number, time, flags; below it lines that begin with a space. */
export function parseKernelRecord(record: string): KernelRecord | null {
  const [, at, text] = /^\d+,\d+,(\d+),[^;]*;(.*)/.exec(record) ?? [];
  return at === undefined || text === undefined ? null : { atUs: Number(at), text };
}

function pidsAreTheKernels(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === firstPidNamespace;
  } catch (error) {
    if (errorCode(error) !== null) return false;
    throw error;
  }
}

function openIfAllowed(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM' || code === 'ENXIO') return null;
    throw error;
  }
}

/** The bytes of the next record; null where there is none. */
function readRecord(descriptor: number, buffer: Buffer): number | null {
  for (;;) {
    try {
      const bytes = readSync(descriptor, buffer);
      return bytes === 0 ? null : bytes;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EAGAIN') return null;
      // EPIPE: the next one was overwritten meanwhile; reading goes on behind it.
      if (code !== 'EPIPE') throw error;
    }
  }
}

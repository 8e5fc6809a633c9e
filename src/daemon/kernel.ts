import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { constants } from 'node:os';

import type koffiModule from 'koffi';

import { messageOf } from '../error-message.ts';
import { forChanging } from './no-links.ts';

/**
 * What Node does not offer and the kernel does, called through koffi: the one door to it. Each call answers null where
 * this platform or kernel cannot do it, and every caller has another way or says that there is none.
 */
export interface Kernel {
  /** Whether koffi could be loaded at all, and why not. */
  readonly unavailable: string | null;
  /** Who is at the other end of a Unix socket: SO_PEERCRED, unix(7). */
  peerCredentials(socket: number): { readonly uid: number; readonly pid: number } | null;
  /** A descriptor that stands for this process for ever, whoever gets its pid later: pidfd_open(2). */
  openPidfd(pid: number): number | null;
  /** The wait status of a process that is gone and reaped, child or not: PIDFD_GET_INFO, since Linux 6.15. */
  waitStatus(pidfd: number): number | null;
  /** Signals the process group that a pidfd's process leads, since Linux 6.9. The errors are those of kill(2). */
  signalGroup(pidfd: number, signal: number): 'ok' | 'ESRCH' | 'EPERM' | null;
  /** The session that a process is in, getsid(2); null too where there is no such process. */
  sessionOf(pid: number): number | null;
  /** Makes a FIFO, 0600: mkfifo(3). */
  makeFifo(path: string): boolean | null;
  /** How many bytes wait in a pipe: FIONREAD, ioctl_pipe. */
  bytesInPipe(descriptor: number): number | null;
  /**
   * Gives a range of a file back to the file system; it reads as zeros afterwards and the file keeps its length:
   * FALLOC_FL_PUNCH_HOLE, fallocate(2). Off the event loop. False where the file system cannot do it.
   * @throws the system's error where the file cannot be opened for writing.
   */
  punchHole(path: string, range: { readonly from: number; readonly to: number }): Promise<boolean | null>;
}

const solSocket = 1;
const soPeerCred = 17;
const sysPidfdSendSignal = 424;
const sysPidfdOpen = 434;
const pidfdSignalProcessGroup = 1 << 2;
/** _IOWR(0xFF, 11, struct pidfd_info), of which the first 64 bytes are the oldest form with an exit code. */
const pidfdGetInfo = 0xc040ff0b;
const pidfdInfoExit = 1 << 3;
const pidfdInfoBytes = 64;
const pidfdInfoExitCodeAt = 60;
const fionread = 0x541b;
const fallocKeepSize = 1 << 0;
const fallocPunchHole = 1 << 1;

/** Loads koffi where there is one for this platform. Never throws. */
export function loadKernel(): Kernel {
  if (process.platform !== 'linux') return withoutKernel(`no kernel calls are known for ${process.platform}`);
  try {
    // The native part itself, which has all that is asked of it: koffi's own package has an install script.
    const native = `@koromix/koffi-${process.platform}-${process.arch}`;
    const koffi = createRequire(import.meta.filename)(native) as typeof koffiModule;
    return linuxKernel(koffi);
  } catch (error) {
    return withoutKernel(messageOf(error));
  }
}

/** The answers where there is no koffi: for platforms without it, and for tests of every other way. */
export function withoutKernel(reason: string): Kernel {
  return {
    unavailable: reason,
    peerCredentials: () => null,
    openPidfd: () => null,
    waitStatus: () => null,
    signalGroup: () => null,
    sessionOf: () => null,
    makeFifo: () => null,
    bytesInPipe: () => null,
    punchHole: () => Promise.resolve(null),
  };
}

function linuxKernel(koffi: typeof koffiModule): Kernel {
  const libc = koffi.load(null);
  const getsockopt = libc.func('int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)');
  const syscall = libc.func('long syscall(long, ...)');
  const ioctl = libc.func('int ioctl(int, unsigned long, ...)');
  const getsid = libc.func('int getsid(int)');
  const mkfifo = libc.func('int mkfifo(const char *, uint32_t)');
  // An off_t is 64 bits wide where a long is; elsewhere the call would read other arguments than were meant.
  const fallocate = koffi.sizeof('long') === 8 ? libc.func('int fallocate(int, int, int64_t, int64_t)') : null;
  const { errno } = constants;
  return {
    unavailable: null,
    peerCredentials: (socket) => {
      const credentials = Buffer.alloc(12);
      if (getsockopt(socket, solSocket, soPeerCred, credentials, [credentials.length]) !== 0) return null;
      return { pid: credentials.readInt32LE(0), uid: credentials.readUInt32LE(4) };
    },
    openPidfd: (pid) => {
      const descriptor = Number(syscall(sysPidfdOpen, 'int', pid, 'unsigned int', 0));
      return descriptor >= 0 ? descriptor : null;
    },
    waitStatus: (pidfd) => {
      const info = Buffer.alloc(pidfdInfoBytes);
      info.writeBigUInt64LE(BigInt(pidfdInfoExit));
      if (ioctl(pidfd, pidfdGetInfo, 'uint8_t *', info) !== 0) return null;
      if ((info.readBigUInt64LE() & BigInt(pidfdInfoExit)) === 0n) return null;
      return info.readInt32LE(pidfdInfoExitCodeAt);
    },
    signalGroup: (pidfd, signal) => {
      const group = pidfdSignalProcessGroup;
      if (
        Number(syscall(sysPidfdSendSignal, 'int', pidfd, 'int', signal, 'void *', null, 'unsigned int', group)) === 0
      ) {
        return 'ok';
      }
      if (koffi.errno() === errno.ESRCH) return 'ESRCH';
      return koffi.errno() === errno.EPERM ? 'EPERM' : null;
    },
    sessionOf: (pid) => {
      const session = Number(getsid(pid));
      return session >= 0 ? session : null;
    },
    makeFifo: (path) => mkfifo(path, 0o600) === 0,
    bytesInPipe: (descriptor) => {
      const count = Buffer.alloc(4);
      return ioctl(descriptor, fionread, 'uint8_t *', count) === 0 ? count.readInt32LE() : null;
    },
    punchHole: async (path, { from, to }) => {
      if (fallocate === null) return null;
      if (to <= from) return true;
      await using file = await open(path, forChanging);
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      fallocate.async(file.fd, fallocPunchHole | fallocKeepSize, from, to - from, (error: unknown, result: unknown) => {
        if (error instanceof Error) reject(error);
        else resolve(result === 0);
      });
      return await promise;
    },
  };
}

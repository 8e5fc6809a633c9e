import { closeSync, fsyncSync, openSync, readSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { bytesOnDisk, spaceOf } from '../daemon/file-system.ts';
import { reserveBytes, roomBytesMin } from '../daemon/reserve.ts';
import { blockBytes } from '../projections/stored-bytes.ts';
import { quoteWord } from '../shell-quote.ts';
import { byteText } from '../words/byte-text.ts';
import { fileSystemOf } from './file-system-kind.ts';
import { type Found, ok, problem, warning } from './finding.ts';
import type { Patient } from './patient.ts';

/** The room that there is, and the room that is kept. */
export function checkRoom({ paths: { home, reserve }, settings: { logs }, daemon }: Patient): readonly Found[] {
  const { freeBytes } = spaceOf(home);
  const free = Number.isFinite(freeBytes)
    ? `${byteText(freeBytes)} free`
    : 'the file system does not say how much is free';
  const make = `df -h ${quoteWord(home)}; ghost prune --keep 10`;
  const short = freeBytes < roomBytesMin;
  const disk = short
    ? problem('disk', `it is full (${free}): nothing new is started`, { hint: make })
    : freeBytes < logs.keepFreeBytes
      ? warning('disk', `${free}, less than is to be left to others (${byteText(logs.keepFreeBytes)}): output goes`, {
          hint: make,
        })
      : ok('disk', free);
  const held = Math.min(statSync(reserve, { throwIfNoEntry: false })?.size ?? 0, bytesOnDisk(reserve));
  // Without a daemon there may never have been one; it fills it by itself.
  if (daemon.kind !== 'answers' || held >= reserveBytes) return [disk];
  return [
    disk,
    warning('reserve', `${byteText(held)} of ${byteText(reserveBytes)} are set aside for a full disk`, {
      hint: short ? make : 'nothing is to be done: it is filled while there is room',
    }),
  ];
}

/** Files that can still be made, below which it is worth a word: a task takes about ten. */
const inodesLow = 1_000;

export function checkInodes({ paths: { home } }: Patient): readonly Found[] {
  const { files, ffree } = statfsSync(home);
  // Some file systems make them as they go, and say 0.
  if (files === 0) return [];
  const hint = `df -i ${quoteWord(home)}`;
  if (ffree === 0) return [problem('inodes', 'the file system takes no more files', { hint })];
  if (ffree < inodesLow) return [warning('inodes', `the file system takes only ${ffree} more files`, { hint })];
  return [ok('inodes', `room for ${ffree} more files`)];
}

/** Whether space inside a file can be given back: a real try with a file of its own. */
export async function checkHoles({ kernel, paths: { home } }: Pick<Patient, 'kernel' | 'paths'>): Promise<Found> {
  if (kernel.unavailable !== null) {
    return warning(
      'holes',
      `the kernel cannot be asked (${kernel.unavailable}): a log is compressed only when its task has ended`,
      {
        hint: 'npm install -g ghost-journal@latest  (it brings koffi, which asks the kernel)',
      },
    );
  }
  const probe = join(home, `.doctor-${process.pid}`);
  try {
    const data = Buffer.alloc(3 * blockBytes, 1);
    const descriptor = openSync(probe, 'wx', 0o600);
    try {
      writeSync(descriptor, data);
      // Blocks are counted once they are given.
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    const before = bytesOnDisk(probe);
    const punched = await kernel.punchHole(probe, { from: 0, to: 2 * blockBytes });
    const works = punched === true && statSync(probe).size === data.length && readsAsHole(probe);
    if (works && bytesOnDisk(probe) < before) return ok('holes', 'space inside a file can be given back');
    return warning(
      'holes',
      'this file system gives no space back inside a file: a log is compressed, and held to its limits, only when its task has ended',
      {
        hint: 'set GHOST_HOME to a folder on ext4, xfs, btrfs or tmpfs',
      },
    );
  } catch (error) {
    return warning('holes', `it could not be tried whether space inside a file can be given back: ${String(error)}`);
  } finally {
    rmSync(probe, { force: true });
  }
}

/** The first two blocks are gone and the third is as it was. */
function readsAsHole(path: string): boolean {
  const data = Buffer.alloc(3 * blockBytes);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, data, 0, data.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return (
    data.subarray(0, 2 * blockBytes).every((byte) => byte === 0) &&
    data.subarray(2 * blockBytes).every((byte) => byte === 1)
  );
}

/** Where locks and shared memory are the network's, neither the journal nor the lock is what it has to be. */
export function checkFileSystems({ paths: { home, socket } }: Patient): readonly Found[] {
  const data = fileSystemOf(home);
  const found = data.network
    ? problem(
        'file system',
        `the data folder lies on ${data.name}, a network file system: a journal is not safe there`,
        {
          hint: 'set GHOST_HOME to a folder on a disk of this machine',
        },
      )
    : ok('file system', data.name);
  const folder = dirname(socket);
  const runtime = statSync(folder, { throwIfNoEntry: false }) === undefined ? null : fileSystemOf(folder);
  if (folder === home || runtime?.network !== true) return [found];
  return [
    found,
    warning('file system', `the socket lies on ${runtime.name}, a network file system`, {
      hint: 'set GHOST_SOCKET to a path in a folder of yours on this machine',
    }),
  ];
}

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import type { DiskOperation } from './disk-trace.ts';
import type { SeededRandom } from './seeded-random.ts';

/**
 * What of a folder is on the disk when the power goes. A file's bytes are on it when a sync of the file was done that
 * began after they were written, a name when one of its folder was; of the rest a disk may have all, nothing, or any part
 * in any order (fsync(2)).
 */
export interface PowerCut {
  /**
   * Which names are there: those whose folder was synced since, all that came before the last sync of anything (as a file
   * system with a log of its own has it), or all.
   */
  readonly names: 'synced' | 'logged' | 'all';
  /** Which bytes: those that were synced, those and some of what came since, or all. */
  readonly bytes: 'synced' | 'torn' | 'all';
}

interface Inode {
  readonly id: number;
  readonly kind: 'file' | 'folder' | 'fifo';
  readonly bytes: GrowingBytes;
  /** What is on the disk for certain. */
  synced: Buffer;
  /** What was done since, from the change that made the version after `syncedVersion`. */
  readonly unsynced: Change[];
  version: number;
  syncedVersion: number;
}

type Change = Extract<DiskOperation, { kind: 'write' | 'truncate' | 'punch' }>;
type Names = ReadonlyMap<string, Inode>;

/** A folder as it would be read after a power cut. */
export interface DiskState {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly folders: readonly string[];
  readonly fifos: readonly string[];
}

/** Follows what is done to a folder, operation by operation. */
export class DiskModel {
  readonly #folder: string;
  readonly #names = new Map<string, Inode>();
  readonly #syncedNames = new Map<string, Inode>();
  #loggedNames: Names = new Map();
  readonly #begun = new Map<number, { readonly version: number; readonly bytes: Buffer; readonly names: Names }>();
  #inodes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  apply(operation: DiskOperation): void {
    const { path } = operation;
    switch (operation.kind) {
      case 'create':
        if (!this.#names.has(path)) this.#names.set(path, this.#inode('file'));
        return;
      case 'mkdir':
        this.#names.set(path, this.#inode('folder'));
        return;
      case 'mkfifo':
        this.#names.set(path, this.#inode('fifo'));
        return;
      case 'unlink':
      case 'rmdir':
        this.#names.delete(path);
        return;
      case 'rename':
      case 'link': {
        const inode = this.#names.get(path);
        if (operation.kind === 'rename') this.#names.delete(path);
        if (inode !== undefined) this.#names.set(operation.to, inode);
        return;
      }
      case 'write':
      case 'truncate':
      case 'punch': {
        const inode = this.#names.get(path);
        if (inode?.kind !== 'file') return;
        const change =
          operation.kind === 'write' ? { ...operation, offset: operation.offset ?? inode.bytes.length } : operation;
        inode.bytes.apply(change);
        inode.unsynced.push(change);
        inode.version += 1;
        return;
      }
      case 'sync-begun': {
        const inode = this.#names.get(path);
        this.#begun.set(operation.call, {
          version: inode?.version ?? 0,
          bytes: inode?.bytes.copy() ?? Buffer.alloc(0),
          names: new Map(this.#names),
        });
        return;
      }
      case 'sync-done': {
        const begun = this.#begun.get(operation.call);
        this.#begun.delete(operation.call);
        if (begun === undefined) return;
        this.#loggedNames = begun.names;
        this.#syncOf(path, begun);
      }
    }
  }

  /** Which state a power cut now would leave: two that say the same are the same. Not for torn bytes. */
  signatureOf({ names, bytes }: PowerCut): string {
    return [...this.#reachable(names)]
      .map(([path, { id, version, syncedVersion }]) => `${path}:${id}:${bytes === 'all' ? version : syncedVersion}`)
      .join('\n');
  }

  /** What a power cut now leaves. @param random chooses what of torn bytes. */
  stateAfter({ names, bytes }: PowerCut, random: SeededRandom): DiskState {
    const files = new Map<string, Buffer>();
    const folders: string[] = [];
    const fifos: string[] = [];
    for (const [path, inode] of this.#reachable(names)) {
      const place = relative(this.#folder, path);
      if (place === '') continue;
      if (inode.kind === 'folder') folders.push(place);
      else if (inode.kind === 'fifo') fifos.push(place);
      else if (bytes === 'all') files.set(place, inode.bytes.copy());
      else if (bytes === 'synced') files.set(place, inode.synced);
      else files.set(place, torn(inode, random));
    }
    return { files, folders, fifos };
  }

  #inode(kind: Inode['kind']): Inode {
    this.#inodes += 1;
    const [bytes, synced] = [new GrowingBytes(), Buffer.alloc(0)];
    return { id: this.#inodes, kind, bytes, synced, unsynced: [], version: 0, syncedVersion: 0 };
  }

  #syncOf(path: string, begun: { version: number; bytes: Buffer; names: Names }): void {
    const inode = begun.names.get(path);
    if (inode?.kind === 'file') {
      // One that began later may have been done first, and has brought all of this to the disk and more.
      if (begun.version <= inode.syncedVersion) return;
      inode.unsynced.splice(0, begun.version - inode.syncedVersion);
      inode.synced = begun.bytes;
      inode.syncedVersion = begun.version;
      return;
    }
    for (const name of this.#syncedNames.keys()) if (dirname(name) === path) this.#syncedNames.delete(name);
    for (const [name, one] of begun.names) if (dirname(name) === path) this.#syncedNames.set(name, one);
  }

  /** The names that can be reached from the folder itself, which is there. */
  *#reachable(which: PowerCut['names']): Generator<readonly [string, Inode], void, void> {
    const names = which === 'all' ? this.#names : which === 'logged' ? this.#loggedNames : this.#syncedNames;
    const folders = new Set([this.#folder]);
    for (const [path, inode] of [...names].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (!folders.has(dirname(path))) continue;
      if (inode.kind === 'folder') folders.add(path);
      yield [path, inode];
    }
  }
}

/** What was synced, and of what came since any part: a disk writes in the order that it likes. */
function torn({ synced, unsynced }: Inode, random: SeededRandom): Buffer {
  const share = random.next();
  return unsynced.filter(() => random.next() < share).reduce(changed, synced);
}

function changed(bytes: Buffer, change: Change): Buffer {
  if (change.kind === 'truncate') {
    return change.size <= bytes.length ? Buffer.from(bytes.subarray(0, change.size)) : grown(bytes, change.size);
  }
  const offset = change.offset ?? bytes.length;
  if (change.kind === 'punch') {
    const after = Buffer.from(bytes);
    return after.fill(0, Math.min(offset, after.length), Math.min(offset + change.size, after.length));
  }
  const after = grown(bytes, Math.max(bytes.length, offset + change.data.length));
  change.data.copy(after, offset);
  return after;
}

function grown(bytes: Buffer, size: number): Buffer {
  const after = Buffer.alloc(size);
  bytes.copy(after);
  return after;
}

/** Bytes that are changed in place, so that a small write to a large file costs little. */
class GrowingBytes {
  #bytes = Buffer.alloc(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  apply(change: Change): void {
    if (change.kind === 'truncate') return this.#resize(change.size);
    const offset = change.offset ?? this.#length;
    if (change.kind === 'punch') {
      this.#bytes.fill(0, Math.min(offset, this.#length), Math.min(offset + change.size, this.#length));
      return;
    }
    if (offset + change.data.length > this.#length) this.#resize(offset + change.data.length);
    change.data.copy(this.#bytes, offset);
  }

  #resize(length: number): void {
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(length * 2);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    // What is beyond the end of a file that is made longer again is zeros.
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }
}

/** Makes a folder that is as a state says. */
export function writeState(folder: string, { files, folders, fifos }: DiskState): void {
  mkdirSync(folder, { mode: 0o700 });
  for (const path of folders) mkdirSync(join(folder, path), { mode: 0o700 });
  for (const [path, bytes] of files) writeFileSync(join(folder, path), bytes, { mode: 0o600 });
  const pipes = fifos.map((path) => join(folder, path));
  if (pipes.length > 0) execFileSync('mkfifo', ['-m', '600', ...pipes]);
}

/** Whether a file is one that only a running program needs: its index of the write-ahead log, what is kept for a full disk. */
export function isOfNoUseAfterwards(path: string): boolean {
  return /(?:-shm|^reserve|^lock\.db|^daemon\.log)$/.test(basename(path));
}

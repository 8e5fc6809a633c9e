import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a program did to files, read from strace's account of it. Paths are absolute. */
export type DiskOperation = { readonly at: number } & (
  | { readonly kind: 'create' | 'mkdir' | 'mkfifo' | 'unlink' | 'rmdir'; readonly path: string }
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly data: Buffer;
      /** null: at its end. */ readonly offset: number | null;
    }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'punch'; readonly path: string; readonly offset: number; readonly size: number }
  | { readonly kind: 'rename' | 'link'; readonly path: string; readonly to: string }
  /** What was written before the first of the two is on the disk after the second. */
  | { readonly kind: 'sync-begun' | 'sync-done'; readonly path: string; readonly call: number }
);

/** The calls that change files or bring them to the disk. */
const tracedCalls =
  'openat,open,creat,write,pwrite64,writev,pwritev,ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,' +
  'mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,mknod,mknodat,fsync,fdatasync,copy_file_range,sendfile,splice';

/** strace's options, before the program: whole strings in hex, the path of each descriptor, times in microseconds. */
export function straceOptions(file: string): readonly string[] {
  return [
    '-f',
    '-qq',
    '-o',
    file,
    '-ttt',
    '-xx',
    '-s',
    '1000000',
    '-y',
    '-e',
    `trace=${tracedCalls}`,
    '-e',
    'signal=none',
  ];
}

/**
 * Reads an account, in the order in which the calls were done.
 * @param isOfInterest says of a path whether what happens there is wanted.
 * @throws Error where a call changes a wanted file in a way that this does not know.
 */
export function readTrace(
  file: string,
  { isOfInterest }: { isOfInterest: (path: string) => boolean },
): readonly DiskOperation[] {
  const operations: DiskOperation[] = [];
  const unfinished = new Map<string, { readonly at: number; readonly text: string; readonly call: number }>();
  let calls = 0;
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const [, pid = '', time = '', rest = ''] = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line) ?? [];
    if (rest === '') continue;
    const at = Math.round(Number(time) * 1e6);
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(rest)?.[1];
    if (begun !== undefined) {
      calls += 1;
      unfinished.set(pid, { at, text: begun, call: calls });
      noteBegun(begun, { at, call: calls });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const before = resumed === undefined ? undefined : unfinished.get(pid);
    unfinished.delete(pid);
    if (resumed !== undefined && before === undefined) continue;
    calls += 1;
    const call = before?.call ?? calls;
    const text = before === undefined ? rest : before.text + (resumed ?? '');
    if (before === undefined) noteBegun(text, { at, call });
    for (const operation of operationsOf(text, { at: before?.at ?? at, call })) {
      if (isOfInterest(operation.path)) operations.push(operation);
    }
  }
  return operations;

  /** What a sync brings to the disk is what was there when it began. */
  function noteBegun(text: string, { at, call }: { at: number; call: number }): void {
    const path = /^f(?:data)?sync\(\d+<([^>]*)>/.exec(text)?.[1];
    if (path === undefined || !isOfInterest(unhex(path))) return;
    operations.push({ kind: 'sync-begun', at, call, path: unhex(path) });
  }
}

function operationsOf(text: string, { at, call }: { at: number; call: number }): readonly DiskOperation[] {
  const [, name = '', list = '', result = ''] = /^(\w+)\((.*)\) += (-?\d+|\?)/.exec(text) ?? [];
  // What failed has changed nothing.
  if (name === '' || result === '?' || Number(result) < 0) return [];
  const args = list.split(', ');
  const arg = (index: number): string => args[index] ?? '';
  const path = (index: number): string => stringOf(arg(index));
  const within = (index: number): string => join(pathOf(arg(index)), stringOf(arg(index + 1)));
  const number = (index: number): number => Number(arg(index));
  const done = Number(result);
  switch (name) {
    case 'open':
    case 'creat':
      return opened(path(0), name === 'creat' ? 'O_CREAT|O_TRUNC' : arg(1), at);
    case 'openat':
      return opened(within(0), arg(2), at);
    case 'write':
      return [{ kind: 'write', at, path: pathOf(arg(0)), data: bytesOf(arg(1)).subarray(0, done), offset: null }];
    case 'pwrite64':
      return [{ kind: 'write', at, path: pathOf(arg(0)), data: bytesOf(arg(1)).subarray(0, done), offset: number(3) }];
    case 'ftruncate':
      return [{ kind: 'truncate', at, path: pathOf(arg(0)), size: number(1) }];
    case 'truncate':
      return [{ kind: 'truncate', at, path: path(0), size: number(1) }];
    case 'fallocate':
      if (!arg(1).includes('FALLOC_FL_PUNCH_HOLE')) throw new Error(`a fallocate that is not known: ${arg(1)}`);
      return [{ kind: 'punch', at, path: pathOf(arg(0)), offset: number(2), size: number(3) }];
    case 'rename':
      return [{ kind: 'rename', at, path: path(0), to: path(1) }];
    case 'renameat':
    case 'renameat2':
      return [{ kind: 'rename', at, path: within(0), to: within(2) }];
    case 'link':
      return [{ kind: 'link', at, path: path(0), to: path(1) }];
    case 'unlink':
      return [{ kind: 'unlink', at, path: path(0) }];
    case 'unlinkat':
      return [{ kind: arg(2).includes('AT_REMOVEDIR') ? 'rmdir' : 'unlink', at, path: within(0) }];
    case 'mkdir':
      return [{ kind: 'mkdir', at, path: path(0) }];
    case 'mkdirat':
      return [{ kind: 'mkdir', at, path: within(0) }];
    case 'rmdir':
      return [{ kind: 'rmdir', at, path: path(0) }];
    case 'mknod':
      return [{ kind: 'mkfifo', at, path: path(0) }];
    case 'mknodat':
      return [{ kind: 'mkfifo', at, path: within(0) }];
    case 'fsync':
    case 'fdatasync':
      return [{ kind: 'sync-done', at, call, path: pathOf(arg(0)) }];
    default: {
      const touched = args.map(pathOf).find((one) => one.startsWith('/'));
      // Wanted or not is for the caller to say; one that is wanted must not be passed over.
      return [{ kind: 'write', at, path: touched ?? '', data: notKnown(name), offset: null }];
    }
  }
}

function opened(path: string, flags: string, at: number): readonly DiskOperation[] {
  return [
    ...(flags.includes('O_CREAT') ? [{ kind: 'create', at, path } as const] : []),
    ...(flags.includes('O_TRUNC') ? [{ kind: 'truncate', at, path, size: 0 } as const] : []),
  ];
}

/** Told in the bytes, so that the model's comparison with the real folder fails and says why. */
function notKnown(name: string): Buffer {
  return Buffer.from(`<a call of ${name} that is not known>`);
}

/** The path of a descriptor: `7<\x2f…>`. */
function pathOf(arg: string): string {
  return unhex(/^(?:\d+|AT_FDCWD)<([^>]*)>/.exec(arg)?.[1] ?? '');
}

function stringOf(arg: string): string {
  return bytesOf(arg).toString('utf8');
}

function bytesOf(arg: string): Buffer {
  return Buffer.from((/^"([^"]*)"/.exec(arg)?.[1] ?? '').replaceAll('\\x', ''), 'hex');
}

function unhex(text: string): string {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex').toString('utf8');
}

/** Whether a path is a folder or something below it. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || dirname(path) === folder || path.startsWith(`${folder}/`);
}

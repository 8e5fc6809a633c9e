import { readFileSync, statfsSync } from 'node:fs';

interface FileSystemKind {
  /** Such as `ext4`, or its number in statfs(2) where that is all that is known. */
  readonly name: string;
  readonly network: boolean;
}

/** The numbers of statfs(2) for what lies on another machine. */
const networkNumbers: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x5346414f, 'afs'],
  [0x6b414653, 'afs'],
  [0x73757245, 'coda'],
  [0x00c36400, 'ceph'],
  [0x0bd00bd0, 'lustre'],
  [0x47504653, 'gpfs'],
  [0x01161970, 'gfs2'],
  [0x7461636f, 'ocfs2'],
  [0x19830326, 'fhgfs'],
  [0x786f4256, 'vboxsf'],
]);

/** What a file system in user space calls itself where it lies on another machine: FUSE has one number for all. */
const networkFuse =
  /^fuse\.(?:sshfs|s3fs|goofys|rclone|gcsfuse|gluster\w*|curlftpfs|davfs2?|juicefs|smbnetfs|ceph\w*)$/;

/** The file system of a path. */
export function fileSystemOf(path: string): FileSystemKind {
  return fileSystemKind({ number: statfsSync(path).type, mounted: mountTypeOf(path) });
}

/** @param mounted its name in /proc/self/mountinfo, or null. */
export function fileSystemKind({ number, mounted }: { number: number; mounted: string | null }): FileSystemKind {
  // Of a number above 2^31, some platforms make a negative one.
  const unsigned = Number(BigInt.asUintN(32, BigInt(number)));
  const known = networkNumbers.get(unsigned);
  const name = mounted ?? known ?? `type 0x${unsigned.toString(16)}`;
  return { name, network: known !== undefined || networkFuse.test(name) };
}

/** The type of the mount that a path lies on: the last of the longest mount points that it begins with (proc_pid_mountinfo(5)). */
export function mountTypeIn(mountinfo: string, path: string): string | null {
  let best: { readonly point: string; readonly type: string } | null = null;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ', 2);
    const point = before
      .split(' ')[4]
      ?.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
    const [type] = after.split(' ', 1);
    if (point === undefined || type === undefined || type === '') continue;
    const within = path === point || path.startsWith(point === '/' ? '/' : `${point}/`);
    if (within && point.length >= (best?.point.length ?? 0)) best = { point, type };
  }
  return best?.type ?? null;
}

function mountTypeOf(path: string): string | null {
  return process.platform === 'linux' ? mountTypeIn(readFileSync('/proc/self/mountinfo', 'utf8'), path) : null;
}

import { describe, expect, test } from 'vitest';

import { fileSystemKind, fileSystemOf, mountTypeIn } from '../../src/doctor/file-system-kind.ts';

describe('a file system', () => {
  test.for([
    [0x6969, 'nfs4', { name: 'nfs4', network: true }],
    [0xff534d42, 'cifs', { name: 'cifs', network: true }],
    // As a number of 32 bits with a sign.
    [0xff534d42 | 0, null, { name: 'cifs', network: true }],
    [0x65735546, 'fuse.sshfs', { name: 'fuse.sshfs', network: true }],
    [0x65735546, 'fuse.bindfs', { name: 'fuse.bindfs', network: false }],
    [0xef53, 'ext4', { name: 'ext4', network: false }],
    [0x01021994, null, { name: 'type 0x1021994', network: false }],
  ] as const)('of number %i that is mounted as %s', ([number, mounted, kind]) => {
    expect(fileSystemKind({ number, mounted })).toEqual(kind);
  });

  test('of a real path is asked of the system', () => {
    expect(fileSystemOf('/proc')).toEqual({ name: 'proc', network: false });
  });
});

describe('the mount of a path', () => {
  const mountinfo = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '30 22 0:26 / /home rw shared:2 - nfs4 server:/home rw,vers=4.2',
    '31 30 0:27 / /home/with\\040space rw shared:3 - tmpfs tmpfs rw',
    '32 22 0:28 / /homes rw - xfs /dev/sdb1 rw',
    // Mounted over the one before.
    '33 30 0:29 / /home/with\\040space rw - btrfs /dev/sdc1 rw',
  ].join('\n');

  test.for([
    ['/etc', 'ext4'],
    ['/home', 'nfs4'],
    ['/home/me', 'nfs4'],
    ['/homes/me', 'xfs'],
    ['/home/with space/x', 'btrfs'],
  ])('of %s is %s', ([path, type]) => {
    expect(mountTypeIn(mountinfo, path ?? '')).toBe(type);
  });
});

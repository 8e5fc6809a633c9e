import { expect, test } from 'vitest';

import { holderIn } from '../../src/doctor/lock-holder.ts';

const innocent = 4711;
const daemon = 815;
/** Device 254:0, as stat(2) has it. */
const dev = 0xfe00;
const nobody = { hasOpen: () => false };

function locksOf(...holders: readonly (readonly [pid: number, place: string])[]): string {
  return holders
    .map(([pid, place], index) => `${index + 1}: POSIX  ADVISORY  WRITE ${pid} ${place} 1073741824 1073742335\n`)
    .join('');
}

test('the holder of a lock is who locks that file, and not one of the same number on another device', () => {
  const locks = locksOf([innocent, '00:1f:77'], [daemon, 'fe:00:77']);
  expect(holderIn(locks, { dev, ino: 77 }, nobody)).toBe(daemon);
  expect(holderIn(locksOf([innocent, '00:1f:77']), { dev, ino: 77 }, nobody)).toBeNull();
  expect(holderIn(locksOf([innocent, 'fe:00:177']), { dev, ino: 77 }, nobody)).toBeNull();
  expect(holderIn(locks, { dev, ino: 78 }, nobody)).toBeNull();
});

test('where the kernel names another device than stat does, who has the very file open is taken', () => {
  const locks = locksOf([innocent, '00:1f:77'], [daemon, '00:20:77']);
  expect(holderIn(locks, { dev, ino: 77 }, { hasOpen: (pid) => pid === daemon })).toBe(daemon);
});

test('large numbers of devices are put apart as the kernel does', () => {
  // makedev(0x123, 0xabcde)
  const large = 0xab_c1_23_de;
  expect(holderIn(locksOf([daemon, '123:abcde:77']), { dev: large, ino: 77 }, nobody)).toBe(daemon);
});

test('who only reads, holds it in another way or is not to be seen is not the holder', () => {
  const locks = [
    `1: POSIX  ADVISORY  READ ${innocent} fe:00:77 128 128`,
    `2: FLOCK  ADVISORY  WRITE ${innocent} fe:00:77 0 EOF`,
    `3: POSIX  ADVISORY  WRITE 0 fe:00:77 0 EOF`,
    `4: OFDLCK ADVISORY  WRITE -1 fe:00:77 0 EOF`,
  ].join('\n');
  expect(holderIn(locks, { dev, ino: 77 }, { hasOpen: () => true })).toBeNull();
});

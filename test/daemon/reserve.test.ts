import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { bytesOnDisk } from '../../src/daemon/file-system.ts';
import { Reserve, reserveBytes, roomBytesMin } from '../../src/daemon/reserve.ts';
import { silentLog } from '../support/silent-log.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const mebibyte = 2 ** 20;

function reserveOn(disk: SmallDisk, { onRoom = () => undefined }: { onRoom?: () => void } = {}): Reserve {
  const reserve = new Reserve({ home: disk.path, reserve: join(disk.path, 'reserve'), log: silentLog });
  reserve.whenRoom(onRoom);
  return reserve;
}

const held = (disk: SmallDisk): number => bytesOnDisk(join(disk.path, 'reserve'));

describe('the reserve', () => {
  test('takes real blocks, and is nobody else’s to read', async () => {
    await using disk = new SmallDisk({ mebibytes: 20 });
    using reserve = reserveOn(disk);
    expect(reserve.isShort()).toBe(false);
    reserve.fill();
    await until('it is full', () => held(disk) === reserveBytes);
    expect(statSync(join(disk.path, 'reserve')).mode & 0o777).toBe(0o600);
    expect(reserve.isShort()).toBe(false);
  });

  test('that is all holes, as a copy may be, is filled anew', async () => {
    await using disk = new SmallDisk({ mebibytes: 20 });
    writeFileSync(join(disk.path, 'reserve'), '');
    truncateSync(join(disk.path, 'reserve'), reserveBytes);
    using reserve = reserveOn(disk);
    expect(held(disk)).toBe(0);
    reserve.fill();
    await until('it is full', () => held(disk) === reserveBytes);
  });

  test('gives room on a full disk, a step at a time and at once, and nothing new is begun then', async () => {
    await using disk = new SmallDisk({ mebibytes: 20 });
    using reserve = reserveOn(disk);
    reserve.fill();
    await until('it is full', () => held(disk) === reserveBytes);
    disk.fillUntil({ freeBytes: 0 });
    expect(reserve.isShort()).toBe(true);
    const steps: number[] = [];
    while (reserve.release()) steps.push(disk.freeBytes);
    expect(steps).toEqual([1, 2, 3, 4].map((step) => step * mebibyte));
    expect(() => {
      reserve.demandRoom();
    }).toThrow(/^the disk is full: 4 MiB are left where .* lies, too little to start anything; what runs goes on$/);
  });

  test('is short, and nothing new is begun, with a block less than there has to be', async () => {
    await using disk = new SmallDisk({ mebibytes: 20 });
    using reserve = reserveOn(disk);
    disk.fillUntil({ freeBytes: roomBytesMin });
    expect([disk.freeBytes, reserve.isShort()]).toEqual([roomBytesMin, false]);
    reserve.demandRoom();
    disk.fillUntil({ freeBytes: roomBytesMin - 4096 });
    expect([disk.freeBytes, reserve.isShort()]).toEqual([roomBytesMin - 4096, true]);
    expect(() => {
      reserve.demandRoom();
    }).toThrow('the disk is full');
  });

  test('is filled where there is as much room besides, and not where a block of that is missing', async () => {
    for (const missing of [0, 4096]) {
      await using disk = new SmallDisk({ mebibytes: 20 });
      using reserve = reserveOn(disk);
      disk.fillUntil({ freeBytes: reserveBytes + roomBytesMin - missing });
      reserve.fill();
      expect(held(disk) > 0).toBe(missing === 0);
      // Whether it became short.
      disk.empty();
      expect(reserve.isShort()).toBe(missing > 0);
    }
  });

  test('is filled again by itself when there is room, and says so once', async () => {
    await using disk = new SmallDisk({ mebibytes: 20 });
    let told = 0;
    using reserve = reserveOn(disk, { onRoom: () => (told += 1) });
    reserve.fill();
    await until('it is full', () => held(disk) === reserveBytes);
    expect(told).toBe(0);
    disk.fillUntil({ freeBytes: 0 });
    reserve.release();
    disk.empty();
    // What is free now is not yet enough by itself: the reserve comes first.
    expect(reserve.isShort()).toBe(true);
    await until('it is full again', () => told > 0);
    expect(held(disk)).toBe(reserveBytes);
    expect(reserve.isShort()).toBe(false);
    expect(told).toBe(1);
  });

  test('of a daemon that starts on a full disk is given back before anything is opened', async () => {
    await using disk = new SmallDisk({ mebibytes: 20 });
    {
      using reserve = reserveOn(disk);
      reserve.fill();
      await until('it is full', () => held(disk) === reserveBytes);
    }
    disk.fillUntil({ freeBytes: 0 });
    using next = reserveOn(disk);
    expect(disk.freeBytes).toBe(mebibyte);
    expect(next.isShort()).toBe(true);
  });

  test('that somebody removed is no room that could be given', async () => {
    await using disk = new SmallDisk({ mebibytes: 20 });
    using reserve = reserveOn(disk);
    reserve.fill();
    await until('it is full', () => held(disk) === reserveBytes);
    rmSync(join(disk.path, 'reserve'));
    expect(reserve.release()).toBe(false);
  });
});

import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { withPacker } from '../../src/daemon/member-packer.ts';

const memberBytes = 64 * 1024;

describe('members that are packed with one context', () => {
  test('are each a whole gzip file, and one together, whatever is in them and however large', async () => {
    const member = fc.oneof(
      fc.integer({ min: 1, max: memberBytes }).map((length) => randomBytes(length)),
      fc.integer({ min: 1, max: memberBytes }).map((length) => Buffer.alloc(length, 'a line like any other\n')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(1, 6),
        async (raws, level) => {
          const packed = await withPacker(level, async (pack) => {
            const members: Buffer[] = [];
            for (const raw of raws) members.push(await pack(raw));
            return members;
          });
          expect(packed.map((one) => gunzipSync(one))).toEqual(raws);
          expect(gunzipSync(Buffer.concat(packed))).toEqual(Buffer.concat(raws));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('are those of their own work where several are made at once', async () => {
    const raws = Array.from({ length: 8 }, (_, index) => Buffer.alloc(memberBytes, `work ${index}\n`));
    const packed = await Promise.all(
      raws.map((raw) => withPacker(6, async (pack) => [await pack(raw), await pack(raw)])),
    );
    packed.forEach((two, index) => {
      for (const one of two) expect(gunzipSync(one)).toEqual(raws[index]);
    });
  });

  test('are whole after work that failed in the middle of one', async () => {
    const raw = Buffer.alloc(memberBytes, 'text');
    const failing = withPacker(6, async (pack) => {
      pack(raw).catch(() => undefined);
      throw new Error('no room');
    });
    await expect(failing).rejects.toThrow('no room');
    expect(gunzipSync(await withPacker(6, (pack) => pack(raw)))).toEqual(raw);
  });
});

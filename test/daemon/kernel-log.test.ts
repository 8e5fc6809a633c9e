import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { type KernelRecord, linuxKernelLog, parseKernelRecord } from '../../src/daemon/kernel-log.ts';

test.each([
  [
    '6,339,5140900,-;NET: Registered protocol family 10\n SUBSYSTEM=net\n',
    { atUs: 5_140_900, text: 'NET: Registered protocol family 10' },
  ],
  ['3,427,2627699133,c,caller=T12;Killed; process 1', { atUs: 2_627_699_133, text: 'Killed; process 1' }],
  ['4,1,0,-;', { atUs: 0, text: '' }],
  ['dear diary', null],
  ['', null],
])('the record %j', (record, parsed) => {
  expect(parseKernelRecord(record)).toEqual(parsed);
});

test('a log that is not there, or holds something else, has nothing to say', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kmsg-'));
  try {
    const path = join(folder, 'kmsg');
    expect(await all(linuxKernelLog({ path })())).toEqual([]);
    writeFileSync(path, 'dear diary');
    expect(await all(linuxKernelLog({ path })())).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the one of this machine is read to its end, as far as it may be', async () => {
  const records = await all(linuxKernelLog()());
  for (const { atUs, text } of records) expect([typeof text, Number.isSafeInteger(atUs)]).toEqual(['string', true]);
});

async function all(records: AsyncIterable<KernelRecord>): Promise<readonly KernelRecord[]> {
  const read: KernelRecord[] = [];
  for await (const record of records) read.push(record);
  return read;
}

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { FailingCalls } from '../support/failing-calls.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { configure, sealedOf, segmentFaults, taskFolder, unpacked } from '../support/segments.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

const flood = join(root, 'test', 'fixtures', 'print-bytes.cjs');

test.for([
  ['ENOSPC', ['write', 'pwrite64', 'writev']],
  ['EIO', ['fsync', 'fdatasync']],
] as const)(
  'a segment that cannot be written (%s) costs nothing, and is made when it can be',
  async ([error, calls]) => {
    await using home = new GhostHome();
    const env = configure(home, { segmentSize: '64KiB' });
    await home.ok(['list'], { env });
    const daemon = await until('a daemon', () => home.daemonPid());
    const gate = (name: string): string => join(home.work, name);
    const wait = (name: string): string => `while [ ! -e ${gate(name)} ]; do sleep 0.05; done`;
    const print = `${process.execPath} ${flood} a 300000 text | tee -a ${gate('copy')}`;
    const id = await home.run(['sh', '-c', `${wait('first')}; ${print}; ${wait('second')}; ${print}`], { env });
    const said = (): number =>
      readFileSync(join(home.path, 'daemon.log'), 'utf8').split('a log could not be compressed').length - 1;
    {
      const path = join(taskFolder(home, id), 'stdout.0000.gz.tmp');
      await using _ = await FailingCalls.of(daemon, { calls, error, path });
      writeFileSync(gate('first'), '');
      await until('it was tried and said', () => said() > 0);
      await until('it has been written', () => readFileSync(gate('copy')).length === 300_000);
      expect(await home.ok(['log', String(id)], { env })).toBe(readFileSync(gate('copy'), 'utf8').replace(/\n$/, ''));
      expect(sealedOf(home, id)).toEqual([]);
      await until('half a segment is in the way of nobody', () => !existsSync(path));
    }
    writeFileSync(gate('second'), '');
    await home.ended(id);
    await until('all is in segments', () => sealedOf(home, id).at(-1)?.to === 600_000);
    expect(segmentFaults(home, id)).toEqual([]);
    expect(unpacked(home, id).toString()).toBe(readFileSync(gate('copy'), 'utf8'));
    expect(readdirSync(taskFolder(home, id)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(home.daemonPid()).toBe(daemon);
    expect(journalFaults(home)).toEqual([]);
  },
);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { loadKernel } from '../../src/daemon/kernel.ts';
import { linuxProcessTable, parseStat, zombieOf } from '../../src/daemon/process-table.ts';
import { until } from '../support/until.ts';

const bootId = 'a boot';

/** A line of /proc/PID/stat: the fields that are given by their numbers, 0 for the rest. */
function line({ name = 'x', ...fields }: { name?: string; [field: number]: string }): string {
  const rest = Array.from({ length: 50 }, (_, index) => fields[index + 3] ?? '0');
  return `77 (${name}) ${rest.join(' ')}\n`;
}

test('a process whose name looks like fields of its own is read right', () => {
  for (const name of ['sleep', 'a) R 1 (b', ') Z 5 5', '((', 'new\nline', '']) {
    expect(parseStat(line({ name, 3: 'S', 5: '70', 6: '69', 22: '4711' }), { bootId })).toEqual({
      identity: { pid: 77, startTime: '4711', bootId },
      processGroup: 70,
      session: 69,
      stopped: false,
      sleeping: true,
    });
  }
});

test('a zombie runs nothing more, but one whose other threads run is alive', () => {
  const zombie = line({ 3: 'Z', 20: '1', 22: '4711', 52: '1792' });
  expect(parseStat(zombie, { bootId })).toBeNull();
  expect(zombieOf(zombie)).toEqual({ startTime: '4711', waitStatus: 1_792 });
  const threads = line({ 3: 'Z', 20: '3', 22: '4711' });
  expect(parseStat(threads, { bootId })?.identity.pid).toBe(77);
  expect(zombieOf(threads)).toBeNull();
  expect(zombieOf(line({ 3: 'S', 20: '1', 22: '4711' }))).toBeNull();
});

test('a line that is none is no process', () => {
  for (const text of ['', 'nonsense', '12', '12 (cut', '12 (cut) S 1 2']) {
    expect(parseStat(text, { bootId })).toBeNull();
    expect(zombieOf(text)).toBeNull();
  }
});

test('a process is alive by its pid, start time and boot together, and by nothing less', () => {
  const table = linuxProcessTable();
  const own = table.look(process.pid);
  if (own === null) throw new Error('this process is not in the table');
  expect(table.isAlive(own.identity)).toBe(true);
  expect(table.isAlive({ ...own.identity, startTime: '1' })).toBe(false);
  expect(table.isAlive({ ...own.identity, bootId: 'another' })).toBe(false);
  expect(table.commandLine(process.pid)).toContain('node');
  expect(table.look(2 ** 22 + 1)).toBeNull();
});

test.for([
  ['as the kernel tells', loadKernel()],
  ['as /proc tells', {}],
] as const)('a session has its members, %s, whichever their group, and a stopped one is told', async ([, kernel]) => {
  const child = spawn('/bin/sh', ['-c', 'sleep 600 & setsid sleep 0; kill -STOP $$'], {
    detached: true,
    stdio: 'ignore',
  });
  const pid = child.pid ?? 0;
  const table = linuxProcessTable(kernel);
  try {
    await until('it has stopped itself', () => table.look(pid)?.stopped);
    const members = table.membersOf(pid);
    expect(members.map(({ session }) => session)).toEqual([pid, pid]);
    const sessions = table.sessions();
    expect(sessions.get(pid)).toEqual(members.map(({ identity }) => identity.pid));
    expect(table.membersOf(pid, { among: sessions })).toEqual(members);
    expect(table.membersOf(pid, { among: new Map() })).toEqual([]);
  } finally {
    process.kill(-pid, 'SIGKILL');
    await once(child, 'exit');
  }
});

test('how an uncollected process ended is known, and only of that very process', async () => {
  // The shell has a child that ends, and never collects it: it has become another program by then.
  const ending = 'while read -r name < /proc/$PPID/comm && [ "$name" != sleep ]; do :; done; exit 9';
  const child = spawn('/bin/sh', ['-c', 'sh -c "$1" & echo $!; exec sleep 600', 'sh', ending], { detached: true });
  try {
    const pid = Number(String((await once(child.stdout, 'data'))[0]));
    const startTime = await until(
      'it is a zombie',
      () => zombieOf(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.startTime,
    );
    const table = linuxProcessTable();
    const identity = { pid, startTime, bootId: table.bootId };
    expect(table.isAlive(identity)).toBe(false);
    expect(table.waitStatusOfZombie(identity)).toBe(9 << 8);
    expect(table.waitStatusOfZombie({ ...identity, startTime: '1' })).toBeNull();
    expect(table.waitStatusOfZombie({ ...identity, bootId: 'another' })).toBeNull();
  } finally {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await once(child, 'exit');
  }
});

test('a file that a process has open has its own number, though another one takes its place at every moment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'open-'));
  const files = ['one', 'two'].map((name) => join(folder, name));
  for (const file of files) writeFileSync(file, '');
  const [one, two] = files;
  const child = spawn('/bin/sh', ['-c', `while :; do exec 7<${one}; exec 7<${two}; done`], { stdio: 'ignore' });
  try {
    const numberOf = new Map(files.map((file) => [file, statSync(file).ino]));
    const table = linuxProcessTable();
    const seen = new Set<string>();
    for (let look = 0; look < 3_000; look += 1) {
      for (const { path, ino } of table.openFiles(child.pid ?? 0)) {
        const number = numberOf.get(path);
        if (number !== undefined) seen.add(`${path} ${number === ino}`);
      }
    }
    expect([...seen].toSorted()).toEqual(files.map((file) => `${file} true`));
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  }
});

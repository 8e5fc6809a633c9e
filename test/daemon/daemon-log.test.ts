import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { type DaemonLog, daemonLogBytesMax, daemonLogsKept, openDaemonLog } from '../../src/daemon/daemon-log.ts';
import type { Microseconds } from '../../src/journal/events.ts';
import { SmallDisk } from '../support/small-disk.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daemon-log-'));
  path = join(folder, 'daemon.log');
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe("the daemon's log", () => {
  test('is one JSON object a line, for its user alone, and goes on where the last daemon ended', () => {
    for (const message of ['first', 'second\nwith a line of its own']) {
      using log = open();
      log.info(message, { tasks: 3, free: null, name: 'x' });
    }
    const [first, second, ...rest] = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const facts = { at: '1970-01-01T00:00:01.000Z', level: 'info', pid: process.pid, tasks: 3, free: null, name: 'x' };
    expect([first, second, rest]).toEqual([
      { ...facts, message: 'first' },
      { ...facts, message: 'second\nwith a line of its own' },
      [],
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test.for([
    ['a line that just fits stays', 0, false],
    ['one byte more begins a new file', 1, true],
  ] as const)('%s', ([, more, moved]) => {
    // A text whose bytes are more than its characters.
    const message = 'é'.repeat(40);
    const line = lineOf(message);
    writeFileSync(path, '#'.repeat(daemonLogBytesMax - Buffer.byteLength(line) + more));
    using log = open();
    log.warn(message);
    expect(existsSync(`${path}.1`)).toBe(moved);
    expect(readFileSync(path, 'utf8').endsWith(line)).toBe(true);
    expect(statSync(path).size).toBe(moved ? Buffer.byteLength(line) : daemonLogBytesMax);
  });

  test('of the files that were full only the newest few are kept', () => {
    using log = open();
    for (let round = 1; round <= daemonLogsKept + 3; round += 1) {
      log.warn(`${round} ${'#'.repeat(daemonLogBytesMax - 200)}`);
    }
    expect(readdirSync(folder).toSorted()).toEqual(['daemon.log', 'daemon.log.1', 'daemon.log.2', 'daemon.log.3']);
    const rounds = ['', '.1', '.2', '.3'].map(
      (suffix) => /"message":"(\d)/.exec(readFileSync(path + suffix, 'utf8'))?.[1],
    );
    expect(rounds).toEqual(['6', '5', '4', '3']);
  });

  test('where no new file can be made the old one goes on, and no other file is written to or closed', async () => {
    // Itself, the log and one more.
    await using disk = new SmallDisk({ mebibytes: 4, inodes: 3 });
    writeFileSync(join(disk.path, 'more'), '');
    const full = join(disk.path, 'daemon.log');
    using log = openDaemonLog(full, { clock, echo: false });
    for (let line = 1; line <= 2; line += 1) log.warn(`${line} ${'#'.repeat(daemonLogBytesMax - 200)}`);
    expect(readdirSync(disk.path).toSorted()).toEqual(['daemon.log.1', 'more']);
    const other = openSync(path, 'w');
    log.warn('after it');
    closeSync(other);
    expect(readFileSync(path, 'utf8')).toBe('');
    expect(readFileSync(`${full}.1`, 'utf8')).toContain('after it');
  });

  test('a warning that every task would repeat is written once', () => {
    using log = open();
    log.warnOnce('no pidfd');
    log.warnOnce('no pidfd');
    log.warnOnce('no holes');
    expect(readFileSync(path, 'utf8').match(/"message":"[^"]*"/g)).toEqual([
      '"message":"no pidfd"',
      '"message":"no holes"',
    ]);
  });

  test('in the foreground each line is told on stderr too', () => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    using log = openDaemonLog(path, { clock, echo: true });
    log.error('it is bad', { code: 'EIO' });
    expect(written.mock.calls).toEqual([['ghostd: error: it is bad (code="EIO")\n']]);
  });
});

function clock(): Microseconds {
  return 1_000_000 as Microseconds;
}

function open(): DaemonLog {
  return openDaemonLog(path, { clock, echo: false });
}

/** What a warning looks like in the file. */
function lineOf(message: string): string {
  const other = join(folder, 'other');
  using log = openDaemonLog(other, { clock, echo: false });
  log.warn(message);
  return readFileSync(other, 'utf8');
}

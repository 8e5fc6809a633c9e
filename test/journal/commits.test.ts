import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test, vi } from 'vitest';

import type * as DatabaseModule from '../../src/journal/database.ts';
import { taskDraft } from '../support/facts.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { JournalFolder } from './journal-folder.ts';

const full = { durability: 'full' } as const;
const normal = { durability: 'normal' } as const;

/** Every database that the journal opens, so that a test can make it as full as a disk. */
const opened: { pragma(source: string): unknown }[] = vi.hoisted(() => []);
vi.mock('../../src/journal/database.ts', async (importOriginal) => {
  const real = await importOriginal<typeof DatabaseModule>();
  return {
    ...real,
    openDatabase: (path: string) => {
      const database = real.openDatabase(path);
      opened.push(database);
      return database;
    },
  };
});

test('what is appended in one turn is one commit, with one fsync where one of it must survive a power cut, else none', async () => {
  using folder = new JournalFolder();
  const trace = join(folder.path, 'trace');
  const { status, stderr } = await runProgram([
    'strace',
    '-f',
    '-qq',
    '-s',
    '64',
    '-o',
    trace,
    '-e',
    'trace=write,pwrite64,fsync,fdatasync',
    process.execPath,
    join(root, 'test/fixtures/append.ts'),
    folder.file,
  ]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const phases = readFileSync(trace, 'utf8').split('phase:').slice(1);
  const counted = phases.map((phase) => [
    phase.slice(0, phase.indexOf('\\n')),
    (phase.match(/ f(data)?sync\(/g) ?? []).length,
  ]);
  expect(counted.slice(0, -1)).toEqual([
    ['one full batch', 1],
    ['one normal batch', 0],
    ['many of both in one turn', 1],
    ['many normal ones in one turn', 0],
  ]);
  expect((await folder.shell('SELECT count(*) FROM events')).stdout).toBe('103\n');
});

test('a commit for which there is no room is refused, records nothing, and the journal goes on when there is', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const database = opened.at(-1);
  const [first] = await journal.append([taskDraft('TaskSubmitted')], full);
  const told: number[] = [];
  journal.onCommit(() => told.push(journal.lastSeq));
  database?.pragma('max_page_count = 1');
  const big = taskDraft('TaskSpawnAborted', { data: { reason: 'x'.repeat(50_000) } });
  const results = await Promise.allSettled([
    journal.append([taskDraft('TaskSpawned'), big], full),
    journal.append([taskDraft('TaskAdopted')], normal),
  ]);
  for (const result of results) {
    expect(result).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'journal-write-failed',
        message: 'the disk is full: the journal cannot be written, and nothing was done',
        hint: 'make room, then try again',
      },
    });
  }
  expect({ told, lastSeq: journal.lastSeq, damages: folder.damages }).toEqual({ told: [], lastSeq: 1, damages: [] });
  expect(journal.read({ after: 0 })).toEqual([first]);
  database?.pragma('max_page_count = 1073741823');
  const [second] = await journal.append([taskDraft('TaskSpawned'), big], full);
  expect(second?.seq).toBe(2);
  expect(told).toEqual([3]);
  journal[Symbol.dispose]();
  // The chain goes on from the event before the failure.
  expect((await folder.open()).lastSeq).toBe(3);
});

test('another process reads whole commits and nothing else while the journal is written', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  await journal.append([taskDraft('TaskSubmitted')], full);
  const stopping = new AbortController();
  const write = async (): Promise<void> => {
    // Each commit is ten events in two batches.
    while (!stopping.signal.aborted) {
      await Promise.all(
        [4, 6].map((length) =>
          journal.append(
            Array.from({ length }, () => taskDraft('TaskAdopted')),
            normal,
          ),
        ),
      );
    }
  };
  const writer = write();
  const counts: number[] = [];
  try {
    for (let round = 0; round < 8; round += 1) {
      const looks = await Promise.all(
        [1, 2].map(() => folder.shell('SELECT count(*), max(seq), min(seq) FROM events')),
      );
      for (const { status, stdout } of looks) {
        expect(status).toBe(0);
        const [count = 0, max, min] = stdout.trim().split('|').map(Number);
        expect({ max, min }).toEqual({ max: count, min: 1 });
        counts.push(count);
      }
    }
  } finally {
    stopping.abort();
    await writer;
  }
  expect(counts.filter((count) => count % 10 !== 1)).toEqual([]);
  expect(Math.max(...counts)).toBeGreaterThan(Math.min(...counts));
});

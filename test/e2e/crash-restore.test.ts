import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { crashPoints } from '../../src/crash-point.ts';
import { examineHome, livedIn } from '../support/doctor.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { readPlainJournal } from '../support/plain-journal.ts';

const steps = crashPoints.filter((point) => point.startsWith('salvage.'));

/** Overwrites the header of the journal's file. */
function damageHeader(home: GhostHome): void {
  const descriptor = openSync(join(home.path, 'tasks.db'), 'r+');
  try {
    writeSync(descriptor, Buffer.alloc(90, 0xa5), 0, 90, 0);
  } finally {
    closeSync(descriptor);
  }
}

const factsOf = (home: GhostHome) => home.events().map(({ seq, type, task, data }) => ({ seq, type, task, data }));

test.for(steps)('a doctor that is killed at %s while it restores the journal loses nothing of it', async (step) => {
  await using home = new GhostHome();
  await livedIn(home);
  const events = factsOf(home);
  damageHeader(home);
  const killed = await home.ghost(['doctor', '--fix'], { env: { GHOST_CRASH: `${step}@1` } });
  expect(killed.signal).toBe('SIGKILL');
  const { status } = await examineHome(home, ['--fix']);
  expect(status).toBe(0);
  expect(factsOf(home)).toEqual(events);
  expect(await home.run(['true'])).toBe(4);
  expect(readPlainJournal(home.path).complaints).toEqual([]);
  const left = readdirSync(home.path, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.tmp'));
  expect(left).toEqual([]);
  // Whatever was put aside stays there.
  const aside = readdirSync(home.path).filter((name) => name.startsWith('tasks.db.damaged-'));
  expect(aside.length).toBeGreaterThan(0);
  for (const folder of aside) expect(existsSync(join(home.path, folder, 'tasks.db'))).toBe(true);
});

test('the log that such a doctor had removed already comes back from where it was put', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  await home.run(['true']);
  await home.ended(4);
  await home.killDaemon();
  const events = factsOf(home);
  // As it is left just before the damaged file is replaced.
  damageHeader(home);
  const journal = join(home.path, 'tasks.db');
  const aside = `${journal}.damaged-before`;
  mkdirSync(aside, { mode: 0o700 });
  linkSync(journal, join(aside, 'tasks.db'));
  renameSync(`${journal}-wal`, join(aside, 'tasks.db-wal'));
  rmSync(`${journal}-shm`, { force: true });
  const mended = await examineHome(home, ['--fix']);
  expect(mended.status).toBe(0);
  expect(mended.about('journal')).toContain('restored');
  expect(factsOf(home)).toEqual(events);
});

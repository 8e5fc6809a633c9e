import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { encodeEnvironment } from '../../src/journal/environments.ts';
import { Journal } from '../../src/journal/journal.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import { collect } from '../support/collect.ts';
import { microseconds, noon, taskDraft } from '../support/facts.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { connectTo } from '../support/ledger-client.ts';
import { root } from '../support/source-files.ts';

/**
 * A journal as ghost 0.1.0 wrote it before there were read models: nine tasks that ended in every way, a restart, a
 * daemon that was shut down and one that was killed. `list.json` is what that ghost's `list --all --json` said of it.
 */
const fixture = join(root, 'test/fixtures/data/journal-0.1.0');

function homeOf010(): { readonly home: GhostHome; readonly listed: readonly TaskView[] } {
  const home = new GhostHome();
  mkdirSync(home.path, { mode: 0o700 });
  copyFileSync(join(fixture, 'tasks.db'), join(home.path, 'tasks.db'));
  const listed: readonly TaskView[] = JSON.parse(readFileSync(join(fixture, 'list.json'), 'utf8'));
  return { home, listed };
}

async function expectTheSame(home: GhostHome, listed: readonly TaskView[]): Promise<void> {
  expect(JSON.parse(await home.ok(['list', '--all', '--json']))).toEqual(listed);
  await using client = await connectTo(home);
  const found = await collect(client.history());
  expect(found).toEqual(listed.toReversed());
  expect(await client.status()).toMatchObject({ tasksTotal: 9, tasksRunning: 0 });
  const rebuild = client.rebuild();
  for (;;) {
    const step = await rebuild.next();
    if (step.done !== true) continue;
    expect(step.value).toMatchObject({ tasks: 9, differences: [] });
    break;
  }
}

test('a journal of 0.1.0 opens, answers the same, is kept as it was, and goes on', async () => {
  const { home: opened, listed } = homeOf010();
  await using home = opened;
  await expectTheSame(home, listed);
  const backup = join(home.path, 'tasks.db.before-0001');
  expect(existsSync(backup)).toBe(true);
  await using client = await connectTo(home);
  const time = listed[3]?.startedAt ?? '';
  expect((await client.list({ at: { kind: 'time', time } })).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  expect((await client.show('web')).task.id).toBe(4);
  expect(await home.run(['true'])).toBe(10);
  expect(journalFaults(home)).toEqual([]);
});

test('a daemon that is killed while it folds the past leaves what the next one folds on from', async () => {
  const { home: opened, listed } = homeOf010();
  await using home = opened;
  const killed = await home.ghost(['daemon'], { env: { GHOST_CRASH: 'journal.folded@1' } });
  expect(killed.signal).toBe('SIGKILL');
  await expectTheSame(home, listed);
});

/** So many tasks, two events each, take every daemon longer to fold than one that starts may be silent. */
const manyTasks = 30_000;
const tasksAtOnce = 2_000;

/** A journal as 0.1.0 kept it, with many tasks: none of them started, so that a daemon finds nothing to do. */
async function homeOfMany(): Promise<GhostHome> {
  const home = new GhostHome();
  mkdirSync(home.path, { mode: 0o700 });
  const migrationsFolder = join(home.work, 'migrations');
  mkdirSync(migrationsFolder);
  cpSync(join(root, 'migrations', '0001-journal.sql'), join(migrationsFolder, '0001-journal.sql'));
  const environment = encodeEnvironment([['LANG', 'C']]);
  let now = noon - 3_600_000_000;
  using journal = await Journal.open({
    path: join(home.path, 'tasks.db'),
    migrationsFolder,
    now: () => microseconds((now += 10)),
    ghostVersion: '0.1.0',
    onDamage: (error) => {
      throw error;
    },
  });
  for (let first = 1; first <= manyTasks; first += tasksAtOnce) {
    const drafts = Array.from({ length: tasksAtOnce }, (_, index) => {
      const task = first + index;
      const environmentHash = environment.hash;
      const data = {
        environmentHash,
        uuid: `${String(task).padStart(8, '0')}-0000-4000-8000-000000000000`,
        requestId: `many-${task}`,
      };
      return [taskDraft('TaskSubmitted', { task, data }), taskDraft('TaskStartFailed', { task })];
    });
    await journal.append(drafts.flat(), { durability: 'normal', environment });
  }
  return home;
}

/** How many events the read models of a journal have; null where they are not made yet. */
function foldedTo(home: GhostHome): number | null {
  using opened = new DisposableStack();
  const database = opened.adopt(new Database(join(home.path, 'tasks.db'), { readonly: true }), (open) => open.close());
  const isMade = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'read_models'").get() !== undefined;
  return isMade ? (database.prepare<[], number>('SELECT seq FROM read_models').pluck().get() ?? 0) : null;
}

test('a large old journal is brought up to date over kills at every step of it, and those who wait are told', async () => {
  await using home = await homeOfMany();
  const killedAt = async (point: string): Promise<void> => {
    expect(await home.ghost(['daemon'], { env: { GHOST_CRASH: point } })).toMatchObject({ signal: 'SIGKILL' });
  };
  const backup = join(home.path, 'tasks.db.before-0001');
  await killedAt('journal.backup@2');
  expect(existsSync(`${backup}.tmp`)).toBe(true);
  await killedAt('journal.migration@1');
  expect(foldedTo(home)).toBeNull();
  expect(existsSync(`${backup}.tmp`)).toBe(false);
  expect(existsSync(backup)).toBe(true);
  await killedAt('journal.folded@3');
  expect(foldedTo(home)).toBe(6_000);
  await killedAt('journal.folded@1');
  expect(foldedTo(home)).toBe(8_000);
  // Two at once: one of them starts the daemon, and the other waits for it.
  const both = await Promise.all([home.ghost(['list', '--json']), home.ghost(['history', '-n', '1', '--json'])]);
  for (const { status, stderr } of both) {
    expect(status).toBe(0);
    expect(stderr).toMatch(/^ghost: the journal is being brought up to date: [\d,]+ of 60,000 events\n$/);
  }
  expect(JSON.parse(both[1].stdout)).toMatchObject([{ id: manyTasks, state: 'failed' }]);
  expect(existsSync(join(home.path, 'starting.json'))).toBe(false);
  expect(await home.ghost(['history', '-n', '1', '--json'])).toMatchObject({ status: 0, stderr: '' });
  expect(await home.ok(['audit', '--verify'])).toContain('all hold');
  await using client = await connectTo(home);
  expect(await client.status()).toMatchObject({ tasksTotal: manyTasks });
});

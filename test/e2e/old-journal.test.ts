import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
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
 * Journals as the versions of ghost wrote them (`npm run fixture`), from before there were read models on: tasks that
 * ended in every way, daemons that were shut down and killed. `list.json` is what the ghost of then said of each, with
 * `list --all --json`. There is one more with every release, and none is ever changed.
 */
const data = join(root, 'test/fixtures/data');
const fixtures = readdirSync(data).filter((name) => name.startsWith('journal-'));
const beforeReadModels = 'journal-0.1.0-before-read-models';

interface OldJournal {
  readonly home: GhostHome;
  readonly listed: readonly TaskView[];
}

function homeOf(fixture: string): OldJournal {
  const home = new GhostHome();
  mkdirSync(home.path, { mode: 0o700 });
  copyFileSync(join(data, fixture, 'tasks.db'), join(home.path, 'tasks.db'));
  const listed: readonly TaskView[] = JSON.parse(readFileSync(join(data, fixture, 'list.json'), 'utf8'));
  return { home, listed };
}

async function expectTheSame({ home, listed }: OldJournal): Promise<void> {
  expect(JSON.parse(await home.ok(['list', '--all', '--json']))).toEqual(listed);
  await using client = await connectTo(home);
  const found = await collect(client.history());
  expect(found).toEqual(listed.toReversed());
  // Hidden ones are in no list, and have had a number each.
  const tasks = listed.at(-1)?.id;
  expect(await client.status()).toMatchObject({ tasksTotal: tasks, tasksRunning: 0 });
  const rebuild = client.rebuild();
  for (;;) {
    const step = await rebuild.next();
    if (step.done !== true) continue;
    expect(step.value).toMatchObject({ tasks, differences: [] });
    break;
  }
}

test.for(fixtures)('%s opens, answers the same, holds, and goes on', async (fixture) => {
  const { home: opened, listed } = homeOf(fixture);
  await using home = opened;
  await expectTheSame({ home, listed });
  await using client = await connectTo(home);
  const { id: fourth = 0, startedAt: time } = listed[3] ?? {};
  const then = await client.list({ at: { kind: 'time', time: time ?? '' } });
  // What was hidden later had not been hidden by then.
  expect(then.map(({ id }) => id)).toEqual(Array.from({ length: fourth }, (_, place) => place + 1));
  for (const { id, uuid } of listed) expect((await client.show(uuid)).task.id).toBe(id);
  expect(await home.run(['true'])).toBe((listed.at(-1)?.id ?? 0) + 1);
  expect(journalFaults(home)).toEqual([]);
});

test('a journal that is brought up to date is kept beside it as it was', async () => {
  const { home: opened } = homeOf(beforeReadModels);
  await using home = opened;
  await home.ok(['list']);
  expect(existsSync(join(home.path, 'tasks.db.before-0001'))).toBe(true);
});

test('a daemon that is killed while it folds the past leaves what the next one folds on from', async () => {
  const { home: opened, listed } = homeOf(beforeReadModels);
  await using home = opened;
  const killed = await home.ghost(['daemon'], { env: { GHOST_CRASH: 'journal.folded@1' } });
  expect(killed.signal).toBe('SIGKILL');
  await expectTheSame({ home, listed });
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

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { TaskView } from '../../src/projections/task-view.ts';
import { collect } from '../support/collect.ts';
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

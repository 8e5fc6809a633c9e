import { join } from 'node:path';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { examineHome, livedIn } from '../support/doctor.ts';
import { GhostHome } from '../support/ghost-home.ts';

/** Changes a read model behind ghost's back: nothing refuses that, since nothing in it is the truth. */
function spoil(home: GhostHome, sql: string): void {
  const database = new Database(join(home.path, 'tasks.db'));
  database.exec(sql);
  database.close();
}

test.for(['with a daemon', 'without one'])('%s, what is kept is what the events fold to', async (how) => {
  await using home = new GhostHome();
  await livedIn(home);
  if (how === 'with a daemon') await home.run(['sleep', '300']);
  const found = await examineHome(home, ['--rebuild']);
  expect(found).toMatchObject({ status: 0, wrong: [] });
  expect(found.about('read models')).toMatch(/^\d+ events of [34] tasks, folded anew, give exactly what was kept/);
});

test.for(['with a daemon', 'without one'])('%s, what is kept and differs is told and replaced', async (how) => {
  await using home = new GhostHome();
  await livedIn(home);
  spoil(home, "UPDATE tasks SET cwd = '/elsewhere' WHERE id = 2; DELETE FROM tasks WHERE id = 3");
  if (how === 'with a daemon') await home.ok(['list']);
  const found = await examineHome(home, ['--rebuild']);
  expect(found.wrong).toEqual(['warning read models']);
  expect(found.about('read models')).toContain('give something else than was kept, which was replaced');
  expect(await examineHome(home, ['--rebuild'])).toMatchObject({ status: 0, wrong: [] });
  expect(await home.task(3)).toMatchObject({ command: ['echo', 'task 3'] });
});

test('a journal that was restored has its read models as if nothing had been', async () => {
  await using home = new GhostHome();
  await livedIn(home);
  spoil(
    home,
    `DROP TRIGGER events_refuse_update;
     UPDATE events SET data = '{}' WHERE seq = (SELECT max(seq) FROM events)`,
  );
  expect((await examineHome(home, ['--fix'])).wrong).toEqual(['mended chain']);
  expect(await examineHome(home, ['--rebuild'])).toMatchObject({ status: 0, wrong: [] });
  expect(JSON.parse(await home.ok(['history', '--json']))).toHaveLength(3);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { eventVersions } from '../../src/journal/event-versions.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { root } from '../support/source-files.ts';

const document = readFileSync(join(root, 'docs', 'journal.md'), 'utf8');

test('docs/journal.md has every event', () => {
  expect(Object.keys(eventVersions).filter((type) => !document.includes(`| \`${type}\` |`))).toEqual([]);
});

test('docs/journal.md has every view, with its columns in their order', async () => {
  await using home = new GhostHome();
  await home.complete(['--tag', 'b', '--tag', 'a', 'sh', '-c', 'exit 3']);
  await home.run(['sleep', '600']);
  await home.ok(['stop', '2']);
  await home.ok(['prune', '1']);
  using database = new DisposableStack();
  const journal = new Database(join(home.path, 'tasks.db'), { readonly: true });
  database.defer(() => journal.close());
  const views = journal.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'view'").pluck().all();
  expect(views).toEqual(['task_history', 'event_log', 'signal_log', 'pruned_log']);
  for (const view of views) {
    const columns = journal.prepare<[], string>(`SELECT name FROM pragma_table_info('${view}')`).pluck().all();
    const row = document.split('\n').find((line) => line.startsWith(`| \`${view}\` |`)) ?? '';
    expect([...row.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name)).toEqual([view, ...columns]);
  }
  // What they say is what ghost says.
  const [first] = journal.prepare<[], Record<string, unknown>>('SELECT * FROM task_history').all();
  const { uuid, startedAt, endedAt, durationMs } = await home.task(1);
  expect(first).toMatchObject({
    id: 1,
    uuid,
    name: null,
    tags: 'a b',
    state: 'failed',
    exit_code: 3,
    started: startedAt,
    ended: endedAt,
    seconds: (durationMs ?? 0) / 1000,
    command_line: 'sh -c exit 3',
    command: '["sh","-c","exit 3"]',
    cwd: home.work,
    hidden: 0,
  });
  expect(journal.prepare('SELECT task, signal, reason, command_line FROM signal_log').get()).toMatchObject({
    task: 2,
    signal: 'SIGTERM',
    reason: 'stop',
    command_line: expect.stringContaining('stop 2'),
  });
  expect(journal.prepare('SELECT count(*) AS n FROM event_log').get()).toEqual({ n: home.events().length });
});

test('docs/journal.md has every table, and every column of those that are asked', () => {
  const folder = join(root, 'migrations');
  const sql = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const tables = [...sql.matchAll(/^CREATE (?:VIRTUAL )?TABLE (\w+)[^;]*;/gm)].map(([text, name = '']) => ({
    text,
    name,
  }));
  expect(tables.length).toBeGreaterThan(8);
  const columns = tables
    .filter(({ name }) => ['events', 'environments', 'tasks', 'task_states', 'task_tags'].includes(name))
    .flatMap(({ text }) => [...text.matchAll(/^ {2}([a-z_]+) +(?:INTEGER|TEXT)/gm)].map(([, column = '']) => column));
  expect(columns.length).toBeGreaterThan(25);
  expect([...tables.map(({ name }) => name), ...columns].filter((word) => !document.includes(`\`${word}\``))).toEqual(
    [],
  );
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { eventVersions } from '../../src/journal/event-versions.ts';
import { root } from '../support/source-files.ts';

const document = readFileSync(join(root, 'docs', 'journal.md'), 'utf8');

test('docs/journal.md has every event', () => {
  expect(Object.keys(eventVersions).filter((type) => !document.includes(`| \`${type}\` |`))).toEqual([]);
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

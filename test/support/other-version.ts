import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runProgram } from './run-program.ts';
import { root } from './source-files.ts';

/** A whole checkout of another version of ghost, built. */
export interface OtherVersion {
  readonly folder: string;
  /** What comes before its words. */
  readonly command: readonly string[];
}

/**
 * Builds these sources once more as another version.
 * @param change what else is to be different: `{ 'src/x.ts': (text) => text }`; a file that is not there begins empty.
 */
export async function buildVersion(
  version: string,
  { into, change = {} }: { into: string; change?: Readonly<Record<string, (text: string) => string>> },
): Promise<OtherVersion> {
  const folder = join(into, `ghost-${version}`);
  mkdirSync(folder);
  const parts = ['bin', 'docs', 'migrations', 'scripts', 'src', 'tsconfig.json', 'tsconfig.library.json', 'LICENSE'];
  for (const part of [...parts, 'README.md', 'CHANGELOG.md', 'SECURITY.md', '.npmrc']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const manifest = readFileSync(join(root, 'package.json'), 'utf8');
  writeFileSync(join(folder, 'package.json'), manifest.replace(/"version": "[^"]+"/, `"version": "${version}"`));
  for (const [name, edit] of Object.entries(change)) {
    const file = join(folder, name);
    writeFileSync(file, edit(readIfThere(file)));
  }
  const { status, stderr } = await runProgram([process.execPath, join(folder, 'scripts', 'build.mjs')], {
    cwd: folder,
  });
  if (status !== 0) throw new Error(`ghost ${version} cannot be built: ${stderr}`);
  return { folder, command: [process.execPath, join(folder, 'bin', 'ghost.cjs')] };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

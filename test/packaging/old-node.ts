import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A Node that is older than ghost needs: `command` is what to put before a script's path. */
interface OldNode {
  readonly version: string;
  readonly command: readonly string[];
}

/**
 * The Nodes to try the launcher on. Those of this machine that are really too old (outside node_modules, whose Node is
 * the pinned one), and always two that only say so: the present one, told before the launcher runs that it is another.
 */
export function oldNodes(): readonly OldNode[] {
  const real = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && !folder.includes('node_modules'))
    .flatMap((folder) => {
      const version = versionOf(join(folder, 'node'));
      return version !== null && isTooOld(version) ? [{ version, command: [join(folder, 'node')] }] : [];
    });
  return [...real.slice(0, 1), pretended('22.13.9'), pretended('23.5.9')];
}

function pretended(version: string): OldNode {
  const preload = join(mkdtempSync(join(tmpdir(), 'old-node-')), 'preload.cjs');
  writeFileSync(
    preload,
    `Object.defineProperty(process.versions, 'node', { value: '${version}' });
     Object.defineProperty(process, 'version', { value: 'v${version}' });`,
  );
  return { version, command: [process.execPath, '--require', preload] };
}

function versionOf(file: string): string | null {
  try {
    accessSync(file, constants.X_OK);
    return execFileSync(file, ['--version'], { encoding: 'utf8' }).trim().replace(/^v/, '');
  } catch {
    return null;
  }
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 22 || (major === 22 && minor < 14) || (major === 23 && minor < 6);
}

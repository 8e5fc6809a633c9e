import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { resolvePaths } from '../../src/paths.ts';
import { bundlesAreFresh } from './bundles.ts';
import { endLeftovers, processesOfRun } from './leftovers.ts';
import { root } from './source-files.ts';

/**
 * What surrounds a run of the tests. Every process that a test starts inherits this environment:
 *
 * - `GHOST_TEST_RUN`: the run's own mark, by which what is left over is found at the end. A test that builds an
 *   environment of its own passes it on.
 * - `TMPDIR`: a fresh folder, removed at the end.
 * - `XDG_*`: a trap. A test that forgets to say where its data goes writes there instead of into the user's own
 *   folders, and the run fails for it.
 */
const runId = `${process.pid}-${randomBytes(6).toString('hex')}`;
/** Short on purpose: the path of a socket has some 100 bytes (unix(7)). */
const base = mkdtempSync(join(process.platform === 'darwin' ? '/tmp' : tmpdir(), 'ghost-t-'));
const trap = join(base, 'trap');
const dataFolder = resolvePaths(process.env).home;
const dataBefore = fingerprint(dataFolder);

export function setup(): void {
  buildIfStale();
  for (const name of ['data', 'runtime', 'config', 'cache', 'state']) {
    const folder = join(trap, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    process.env[`XDG_${name.toUpperCase()}_${name === 'runtime' ? 'DIR' : 'HOME'}`] = folder;
  }
  const temporary = join(base, 'tmp');
  mkdirSync(temporary, { mode: 0o700 });
  process.env['TMPDIR'] = temporary;
  process.env['GHOST_TEST_RUN'] = runId;
  for (const name of ['GHOST_HOME', 'GHOST_SOCKET', 'GHOST_CONFIG', 'NODE_COMPILE_CACHE']) delete process.env[name];
}

export async function teardown(): Promise<void> {
  const complaints: string[] = [];
  const leftovers = await outliving({ waitMs: 10_000 });
  if (leftovers.length > 0) {
    const list = leftovers.map(({ pid, commandLine }) => `  ${pid} ${commandLine}`).join('\n');
    complaints.push(`processes that the tests started are still there (ended now):\n${list}`);
    endLeftovers(leftovers);
  }
  const strayed = ['data', 'runtime', 'config'].flatMap((name) =>
    readdirSync(join(trap, name)).map((entry) => `${name}/${entry}`),
  );
  if (strayed.length > 0) {
    complaints.push(`a test gave ghost no data folder of its own, so it used the default one: ${strayed.join(', ')}`);
  }
  if (fingerprint(dataFolder) !== dataBefore) complaints.push(`the user's own data folder was touched: ${dataFolder}`);
  rmSync(base, { recursive: true, force: true });
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
}

/** Processes of this run that are still there when a generous time to end by themselves has passed. */
async function outliving({ waitMs }: { readonly waitMs: number }): Promise<ReturnType<typeof processesOfRun>> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const found = processesOfRun(runId, { within: base });
    if (found.length === 0 || performance.now() > deadline) return found;
    await delay(50);
  }
}

/**
 * Builds dist/ where a source is newer. A build that fails is told and leaves dist/meta.json stale or missing, which
 * test/tidy.test.ts refuses: unit tests can be run while another part of the tree does not compile, but the whole
 * cannot be green.
 */
function buildIfStale(): void {
  if (bundlesAreFresh()) return;
  try {
    execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: ['ignore', 'inherit', 'inherit'] });
  } catch {
    rmSync(join(root, 'dist', 'meta.json'), { force: true });
    process.stderr.write('\ntests: dist/ could not be built; what needs it will fail (see above)\n\n');
  }
}

/**
 * What would change if anything wrote into a data folder. A folder whose daemon may be alive changes by itself (ghost
 * may be running these very tests), so that only its existence can be told.
 */
function fingerprint(folder: string): string {
  if (!existsSync(folder)) return 'absent';
  if (existsSync(join(folder, 'daemon.json'))) return 'in use';
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const { ino, size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${ino} ${size} ${mtimeMs}`;
    })
    .join('\n');
}

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { budgets } from '../budgets.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { folderOfNode, npmProgram, withoutNpm } from '../support/nodes.ts';
import { packTarball } from '../support/pack-tarball.ts';
import { runProgram } from '../support/run-program.ts';
import { TestTerminal } from '../support/terminal.ts';

/**
 * `npm install --global` of the packed tarball into an empty prefix, as a stranger does it: with each Node that ghost
 * promises to run on, from the very first one, and with npm running on that Node.
 */
const nodes = ['22.14.0', '22', '24', '26'];
const env = withoutNpm();

let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'installed-'));
  ({ file: tarball } = await packTarball({ into: folder }));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.for(nodes)('installed with Node %s', (version) => {
  test('it comes without a script or a compiler, runs a task to its end, tells its past and opens the screen', async () => {
    const node = folderOfNode(version);
    const path = `${node}:/usr/local/bin:/usr/bin:/bin`;
    const prefix = join(folder, `prefix-${version}`);
    const install = await installInto(prefix, { node: join(node, 'node'), path });
    expect(install).not.toMatch(/script|gyp|prebuild|warn/i);

    const ghost = join(prefix, 'bin', 'ghost');
    await using home = new GhostHome({ env: { PATH: path }, command: [ghost] });
    const task = ['sh', '-c', 'echo out; echo err >&2; exit 3'];
    expect(await home.ghost(['run', '--follow', '--', ...task])).toMatchObject({
      status: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await home.ok(['history'])).toMatch(/^ 1 +failed +3 /m);
    const running = JSON.parse(await home.ok(['status', '--json'])) as { readonly pid: number };
    // The daemon runs on that Node as well, with all that the kernel can tell.
    expect((await runProgram(['readlink', `/proc/${running.pid}/exe`])).stdout.trim()).toBe(join(node, 'node'));
    expect(readFileSync(join(home.path, 'daemon.log'), 'utf8')).toContain('"kernelCalls":"available"');
    expect(await home.ok(['audit', '--verify'])).toContain('all hold');
    expect((await home.ghost(['doctor'])).stdout).toMatch(/^ok +versions +ghost [\d.]+, Node /m);

    await using terminal = await TestTerminal.open(home, { columns: 90, rows: 20 });
    await terminal.command('ghost ui');
    await terminal.sees(/1 failed[^]*sh -c/);
    await terminal.press('q');
    await terminal.misses('sh -c');
    expect(await terminal.fact('alternate_on')).toBe('0');
  });
});

test('with --ignore-scripts there is the same, and no package of it has a script that an installation runs', async () => {
  const node = join(folderOfNode('24'), 'node');
  const path = `${folderOfNode('24')}:/usr/local/bin:/usr/bin:/bin`;
  const [plain, ignoring] = [join(folder, 'plain'), join(folder, 'ignoring')];
  await installInto(plain, { node, path });
  await installInto(ignoring, { node, path, flags: ['--ignore-scripts'] });
  const files = filesOf(plain);
  expect(filesOf(ignoring)).toEqual(files);

  const manifests = files.filter((file) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(file));
  const packages = manifests.map((file): Manifest & { readonly compiles: boolean } => {
    const manifest: Manifest = JSON.parse(readFileSync(join(plain, file), 'utf8'));
    // npm compiles what has a binding.gyp and does not say otherwise.
    const compiles = existsSync(join(plain, file, '..', 'binding.gyp')) && manifest.gypfile !== false;
    return { ...manifest, compiles };
  });
  const doing = packages.filter(
    ({ scripts = {}, compiles }) =>
      compiles || Object.keys(scripts).some((script) => /^((pre|post)?install|prepare)$/.test(script)),
  );
  expect(doing.map(({ name }) => name)).toEqual([]);
  expect(packages.map(({ name }) => name).toSorted()).toEqual([
    `@koromix/koffi-linux-${process.arch}`,
    'better-sqlite3',
    'ghost-journal',
    'node-addon-api',
  ]);
  const bytes = files.reduce((sum, file) => sum + statSync(join(plain, file)).size, 0);
  expect(bytes).toBeLessThan(budgets.installedBytes);
});

interface Manifest {
  readonly name: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly gypfile?: boolean;
}

/** Installs the tarball for all users of a prefix, and gives what npm said. */
async function installInto(
  prefix: string,
  { node, path, flags = [] }: { readonly node: string; readonly path: string; readonly flags?: readonly string[] },
): Promise<string> {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  const command = [node, npmProgram(), 'install', '--global', '--prefix', prefix, '--foreground-scripts'];
  const result = await runProgram([...command, ...quiet, ...flags, tarball], {
    cwd: folder,
    env: { ...env, PATH: path, npm_config_loglevel: 'notice' },
  });
  if (result.status !== 0) throw new Error(`npm ended with ${result.status}:\n${result.stdout}${result.stderr}`);
  return `${result.stdout}${result.stderr}`;
}

function filesOf(place: string): readonly string[] {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !basename(entry.name).startsWith('.package-lock'))
    .map((entry) => relative(place, join(entry.parentPath, entry.name)))
    .toSorted();
}

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { withoutNpm } from '../support/nodes.ts';
import { buildVersion, type OtherVersion } from '../support/other-version.ts';
import { packTarball } from '../support/pack-tarball.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

/** This tree as it is, and built once more as later versions: one of the same protocol, one of another, one whose journal has more. */
const { version: own }: { readonly version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const later = '77.0.0';
const old = [process.execPath, join(root, 'bin', 'ghost.cjs')];

let folder: string;
let next: OtherVersion;
let otherProtocol: OtherVersion;
let otherSchema: OtherVersion;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'upgrade-'));
  [next, otherProtocol, otherSchema] = await Promise.all([
    buildVersion(later, { into: folder }),
    buildVersion('78.0.0', {
      into: folder,
      change: {
        'src/protocol/limits.ts': (text) => text.replace(/protocolVersion = \d+/, 'protocolVersion = 7700'),
      },
    }),
    buildVersion('79.0.0', {
      into: folder,
      change: { 'migrations/7700-later.sql': () => 'CREATE TABLE later (x INTEGER) STRICT;' },
    }),
  ]);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A task that says a number at each line of a file that the test writes, until it is told to end with 5. */
const counting = (file: string): readonly string[] => [
  'sh',
  '-c',
  `n=0; until grep -q end ${file}; do l=$(wc -l <${file}); while [ $n -lt $l ]; do n=$((n+1)); echo $n; echo $n >&2; done; sleep 0.02; done; exit 5`,
];

const replaced = (version: string, tasks: string): string =>
  `ghost: replaced the daemon of ghost ${own} by this ${version}${tasks}\n`;
const stays = `ghost: the daemon is ghost ${later}, newer than this ${own}, and stays; to go back to this one, ghost shutdown first (tasks run on)\n`;

test('installed over the old one, the next command replaces the daemon and no task, follower or waiter is hurt', async () => {
  const prefix = join(folder, 'prefix');
  const install = async (file: string): Promise<void> => {
    const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    const command = ['npm', 'install', '--global', '--prefix', prefix, ...flags, file];
    const { status, stderr } = await runProgram(command, { cwd: folder, env: withoutNpm() });
    if (status !== 0) throw new Error(stderr);
  };
  await install((await packTarball({ into: folder })).file);
  await using home = new GhostHome({
    command: [process.execPath, join(prefix, 'lib/node_modules/ghost-journal/bin/ghost.cjs')],
  });
  expect(await home.ok(['--version'])).toBe(`ghost ${own}`);

  const go = join(home.work, 'go');
  writeFileSync(go, '\n');
  await home.ok(['run', '--follow', 'true']);
  await home.run(['--name', 'counts', '--', ...counting(go)]);
  const { pid } = await home.task('counts');
  const follower = home.begin(['log', '--follow', 'counts']);
  const audit = home.begin(['audit', '--follow', '--json']);
  const waiter = home.begin(['wait', 'counts']);
  await until('the follower has the first line', () => follower.stdout() === '1\n' && follower.stderr() === '1\n');
  const before = home.daemonPid();

  const { file } = await packTarball({ into: folder, from: next.folder });
  await install(file);
  // It asks, and changes nothing.
  const status = await home.ok(['status']);
  expect(status).toMatch(
    new RegExp(
      `^version +${own}, protocol 1; this is ghost ${later}: the next command that needs a daemon replaces it$`,
      'm',
    ),
  );
  expect(JSON.parse(await home.ok(['status', '--json']))).toMatchObject({ version: own, clientVersion: later });
  expect(home.daemonPid()).toBe(before);

  const list = await home.ghost(['list', '--json']);
  expect(list).toMatchObject({ status: 0, stderr: replaced(later, '; 1 task ran on meanwhile') });
  expect(JSON.parse(list.stdout)).toMatchObject([
    { id: 1, state: 'exited' },
    { id: 2, state: 'running', pid },
  ]);
  expect(home.daemonPid()).not.toBe(before);
  expect(isAlive(Number(before))).toBe(false);
  expect(isAlive(Number(pid))).toBe(true);

  // Nothing more is said, and those that were under way go on with the new one.
  expect(await home.ghost(['status'])).toMatchObject({ stderr: '' });
  expect(await home.ok(['status'])).toMatch(new RegExp(`^version +${later}, protocol 1$`, 'm'));
  writeFileSync(go, '\n\n\n');
  await until('the follower has the lines that came later', () => follower.stdout() === '1\n2\n3\n');
  writeFileSync(go, '\n\n\n\nend\n');
  expect(await waiter.ended).toMatchObject({ status: 5, stdout: '2 failed 5\n', stderr: '' });
  const { stdout, stderr } = await follower.ended;
  expect([stdout, stderr].map((text) => text.startsWith('1\n2\n3\n'))).toEqual([true, true]);
  expect(await home.ok(['log', '--stdout', 'counts'])).toBe(stdout.trimEnd());
  const events = home.events();
  await until('the feed has every event', () => audit.stdout().split('\n').length === events.length + 1);
  audit.child.kill('SIGINT');
  await audit.ended;
  expect(events.filter(({ type }) => type === 'DaemonStarted').map(({ data }) => data['version'])).toEqual([
    own,
    later,
  ]);
  expect(events.map(({ type }) => type)).not.toContain('TaskLost');
  expect(journalFaults(home)).toEqual([]);
});

test('of many commands at once one replaces it, and all work', async () => {
  await using home = new GhostHome();
  await home.run(['sleep', '600']);
  home.command = next.command;
  const all = await Promise.all(
    Array.from({ length: 12 }, async (_, n) => await home.ghost(['run', '-f', 'echo', `${n}`])),
  );
  expect(all.map(({ status, stdout }) => [status, stdout])).toEqual(all.map((_, n) => [0, `${n}\n`]));
  expect(all.map(({ stderr }) => stderr).filter((text) => text !== '')).toEqual([
    replaced(later, '; 1 task ran on meanwhile'),
  ]);
  expect(home.events({ type: 'DaemonStarted' })).toHaveLength(2);
  expect((await home.task(1)).state).toBe('running');
});

test('used by turns the newer daemon stays, and the older ghost works with it and says so', async () => {
  await using home = new GhostHome({ command: next.command });
  expect(await home.ghost(['run', 'true'])).toMatchObject({ status: 0, stderr: '' });
  const pid = home.daemonPid();
  for (const id of [2, 3]) {
    home.command = old;
    expect(await home.ghost(['run', 'true'])).toMatchObject({ status: 0, stdout: `${id}\n`, stderr: stays });
    home.command = next.command;
    expect(await home.ghost(['list'])).toMatchObject({ status: 0, stderr: '' });
  }
  home.command = old;
  expect(await home.ok(['status'])).toContain(
    `${later}, protocol 1; this is ghost ${own}: to go back, ghost shutdown first`,
  );
  expect((await home.ghost(['doctor'])).stdout).toContain(`is ghost ${later}, and this is ${own}`);
  expect(home.daemonPid()).toBe(pid);
  // The way back that was told.
  await home.ok(['shutdown']);
  expect(await home.ghost(['list'])).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(await home.ok(['status', '--json']))).toMatchObject({ version: own });
});

describe('with another protocol', () => {
  test('the older daemon is replaced all the same, and then the older ghost is refused', async () => {
    await using home = new GhostHome();
    await home.run(['sleep', '600']);
    home.command = otherProtocol.command;
    const list = await home.ghost(['list', '-s', 'running', '--json']);
    expect(list).toMatchObject({ status: 0, stderr: replaced('78.0.0', '') });
    expect(JSON.parse(list.stdout)).toMatchObject([{ id: 1, state: 'running' }]);
    const pid = home.daemonPid();

    home.command = old;
    const refused = await home.ghost(['run', 'true']);
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toMatch(
      /^ghost: this ghost speaks version 1 of the protocol, the daemon \(ghostd 78\.0\.0, pid \d+\) version 7700\n {2}try: npm install -g ghost-journal@latest {2}\(.*\)\n$/,
    );
    expect(home.daemonPid()).toBe(pid);
    expect(home.events({ type: 'TaskSubmitted' })).toHaveLength(1);
  });
});

test('a journal that a newer ghost has changed is refused by the older one, which leaves it as it is', async () => {
  await using home = new GhostHome();
  await home.ok(['run', '--follow', 'true']);
  home.command = otherSchema.command;
  await home.ok(['run', '--follow', 'true']);
  await home.ok(['shutdown']);
  const before = readFileSync(join(home.path, 'tasks.db'));
  home.command = old;
  const refused = await home.ghost(['list']);
  expect(refused).toMatchObject({ status: 4, stdout: '' });
  expect(refused.stderr).toBe(
    `ghost: the journal ${join(home.path, 'tasks.db')} was written by ghost 79.0.0, which is newer than this ${own}\n` +
      '  try: npm install -g ghost-journal@latest\n',
  );
  expect(readFileSync(join(home.path, 'tasks.db')).equals(before)).toBe(true);
  home.command = otherSchema.command;
  expect(JSON.parse(await home.ok(['list', '--json']))).toMatchObject([{ id: 1 }, { id: 2 }]);
});

test('a daemon that could not start in its place leaves the older one alone', async () => {
  const config = join(folder, 'config');
  mkdirSync(join(config, 'ghost'), { recursive: true });
  await using home = new GhostHome({ env: { XDG_CONFIG_HOME: config } });
  await home.run(['sleep', '600']);
  const pid = home.daemonPid();
  writeFileSync(join(config, 'ghost', 'config.json'), '{ "logs": { "keepFree": "much" } }');
  home.command = next.command;
  const refused = await home.ghost(['list']);
  expect(refused).toMatchObject({ status: 4, stdout: '' });
  expect(refused.stderr).toContain('keepFree');
  expect(home.daemonPid()).toBe(pid);
  rmSync(join(config, 'ghost', 'config.json'));
  expect(await home.ghost(['list'])).toMatchObject({ status: 0, stderr: replaced(later, '; 1 task ran on meanwhile') });
});

test('what a killed daemon of another version has left written is no news', async () => {
  for (const [first, second] of [
    [old, next.command],
    [next.command, old],
  ] as const) {
    await using home = new GhostHome({ command: first });
    await home.run(['sleep', '600']);
    await home.killDaemon();
    home.command = second;
    expect(await home.ghost(['list'])).toMatchObject({ status: 0, stderr: '' });
    expect((await home.task(1)).state).toBe('running');
  }
});

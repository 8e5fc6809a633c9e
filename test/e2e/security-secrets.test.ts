import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { type MarkedProcess, processesOfRun } from '../support/leftovers.ts';
import { until } from '../support/until.ts';

/** It must stand in no file and no process but those that are meant to have it. */
const secret = 'hunter2-c0ffee-5ec2e7';

test('the value of an environment variable is stored once, given to its task, and told to nobody else', async () => {
  await using home = new GhostHome();
  const caller = { env: { API_TOKEN: secret } };
  const said: string[] = [];
  const ghost = async (...words: string[]): Promise<void> => {
    const { stdout, stderr } = await home.ghost(words, caller);
    said.push(stdout, stderr);
  };
  await ghost('run', 'sh', '-c', 'test -n "$API_TOKEN" && exec sleep 600');
  await ghost('run', 'sh', '-c', 'test -n "$API_TOKEN" && exec sleep 600');
  // Names that no shell takes go another way.
  await ghost('run', '-e', `not.a-name=${secret}`, 'sleep', '600');
  await ghost('run', 'no-such-command');
  await ghost('run', '-C', '/no/such/folder', 'true');
  await ghost('run', '-n', '', 'true');
  for (const words of [['list'], ['show', '1'], ['show', '1', '--json'], ['list', '--json'], ['status']]) {
    await ghost(...words);
  }
  await home.killDaemon();
  await ghost('restart', '1');
  expect((await home.ok(['list'])).split('running')).toHaveLength(4);

  expect(said.filter((text) => text.includes(secret))).toEqual([]);
  expect(JSON.stringify(home.events())).not.toContain(secret);
  expect(environmentsOf(home).filter(({ entries }) => entries.includes(secret))).toHaveLength(2);

  const files = readdirSync(home.path, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(home.path, path)).isFile(),
  );
  const telling = files.filter((path) => readFileSync(join(home.path, path), 'latin1').includes(secret));
  expect(telling.filter((path) => !/^tasks\.db(-wal)?$/.test(path))).toEqual([]);

  const daemon = await until('a daemon', () => home.daemonPid());
  expect(readFileSync(`/proc/${daemon}/environ`, 'latin1')).not.toContain(secret);
  const processesNow = (): readonly MarkedProcess[] =>
    processesOfRun(home.env['GHOST_TEST_HOME'] ?? '', { variable: 'GHOST_TEST_HOME' });
  // Until it becomes its task, a shim's child is called as the shim is.
  const isShim = ({ commandLine }: MarkedProcess): boolean => commandLine.includes('ghost-shim');
  await until('each task has one shim', () => processesNow().filter(isShim).length === 3);
  const processes = processesNow();
  expect(processes.filter(({ commandLine }) => commandLine.includes(secret))).toEqual([]);
});

test('the daemon takes no more of the environment of whoever started it than it needs', async () => {
  await using home = new GhostHome();
  await home.ok(['list'], { env: { API_TOKEN: secret, NODE_OPTIONS: '--no-warnings', LC_ALL: 'C.UTF-8' } });
  const daemon = await until('a daemon', () => home.daemonPid());
  const names = readFileSync(`/proc/${daemon}/environ`, 'utf8')
    .split('\0')
    .map((entry) => entry.split('=')[0]);
  expect(names).toEqual(expect.arrayContaining(['PATH', 'HOME', 'LC_ALL', 'GHOST_HOME', 'GHOST_SOCKET']));
  expect(names.filter((name) => name === 'API_TOKEN' || name === 'NODE_OPTIONS')).toEqual([]);
});

test('what goes wrong in the daemon is a line of its log, in JSON as all of them', async () => {
  await using home = new GhostHome();
  await home.run(['true']);
  await home.killDaemon();
  await home.run(['true'], { env: { API_TOKEN: secret } });
  await home.ok(['shutdown']);
  const lines = readFileSync(join(home.path, 'daemon.log'), 'utf8').trimEnd().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const entry of entries) {
    expect(entry).toMatchObject({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: expect.stringMatching(/^(info|warn|error)$/),
      pid: expect.any(Number),
      message: expect.any(String),
    });
  }
  expect(entries.filter(({ message }) => message === 'the daemon is up').map(({ previous }) => previous)).toEqual([
    'none',
    'crashed',
  ]);
  expect(lines.filter((line) => line.includes(secret))).toEqual([]);
});

function environmentsOf(home: GhostHome): readonly { readonly hash: string; readonly entries: string }[] {
  const database = new Database(join(home.path, 'tasks.db'), { readonly: true });
  try {
    return database.prepare<[], { hash: string; entries: string }>('SELECT hash, entries FROM environments').all();
  } finally {
    database.close();
  }
}

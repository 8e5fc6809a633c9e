import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';

interface Shown {
  readonly key: string;
  readonly value: string;
  readonly source: string;
  readonly from: string | null;
}

async function shown(home: GhostHome, env: NodeJS.ProcessEnv = {}): Promise<readonly Shown[]> {
  return JSON.parse(await home.ok(['config', '--json'], { env })) as readonly Shown[];
}

test('every setting is shown with its value and where that comes from, and no daemon is started', async () => {
  await using home = new GhostHome();
  const folder = join(home.work, 'ghost');
  mkdirSync(folder);
  const path = join(folder, 'config.json');
  writeFileSync(
    path,
    '{\n  "$schema": "./schema.json",\n  "logs": {\n    "maxTotal": "5%",\n    "keepFree": 1048576\n  }\n}\n',
  );
  const settings = await shown(home, { XDG_CONFIG_HOME: home.work });
  expect(settings).toEqual([
    { key: 'home', value: home.path, source: 'environment', from: 'GHOST_HOME' },
    { key: 'socket', value: join(home.path, 'ghost.sock'), source: 'environment', from: 'GHOST_HOME' },
    { key: 'config', value: path, source: 'environment', from: 'XDG_CONFIG_HOME' },
    { key: 'logs.segmentSize', value: '4MiB', source: 'default', from: null },
    { key: 'logs.maxPerTask', value: '1GiB', source: 'default', from: null },
    { key: 'logs.maxTotal', value: '5%', source: 'file', from: `${path}:4` },
    { key: 'logs.keepFree', value: '1048576', source: 'file', from: `${path}:5` },
  ]);
  expect(home.daemonPid()).toBeNull();
  const text = await home.ok(['config'], { env: { XDG_CONFIG_HOME: home.work } });
  expect(text).toMatch(/^SETTING +VALUE +FROM\n/);
  expect(text).toMatch(/^logs\.maxTotal +5% +.*config\.json:4$/m);
});

test('without a variable the places are the defaults', async () => {
  await using home = new GhostHome();
  const nothing = {
    GHOST_HOME: '',
    GHOST_CONFIG: '',
    XDG_DATA_HOME: '',
    XDG_CONFIG_HOME: '',
    XDG_RUNTIME_DIR: '',
    HOME: home.work,
  };
  const settings = await shown(home, nothing);
  expect(settings.slice(0, 3)).toEqual([
    { key: 'home', value: join(home.work, '.local/share/ghost'), source: 'default', from: null },
    { key: 'socket', value: join(home.work, '.local/share/ghost/ghost.sock'), source: 'default', from: null },
    { key: 'config', value: join(home.work, '.config/ghost/config.json'), source: 'default', from: null },
  ]);
});

test('a file that is wrong is refused by key, value and line, and a daemon that runs goes on', async () => {
  await using home = new GhostHome();
  const path = join(home.work, 'config.json');
  const env = { GHOST_CONFIG: path };
  writeFileSync(path, '{ "logs": { "keepFree": "1MiB" } }');
  await home.run(['true'], { env });
  const pid = home.daemonPid();
  writeFileSync(path, '{\n  "logs": {\n    "keepFree": "a lot"\n  }\n}\n');
  expect(await home.ghost(['config'], { env })).toMatchObject({
    status: 4,
    stdout: '',
    stderr: `ghost: the config file ${path} is wrong in line 3: logs.keepFree is "a lot", but must be a size such as 4MiB, 500MB or 1048576\n  try: $EDITOR ${path}\n`,
  });
  expect(await home.run(['true'], { env })).toBe(2);
  expect(home.daemonPid()).toBe(pid);
  // The next one would not start with it, and says why.
  await home.ok(['shutdown']);
  expect((await home.ghost(['run', 'true'], { env })).stderr).toContain('is wrong in line 3: logs.keepFree');
});

test('that the daemon works with what it read before is said', async () => {
  await using home = new GhostHome();
  const path = join(home.work, 'config.json');
  const env = { GHOST_CONFIG: path };
  writeFileSync(path, '{}');
  utimesSync(path, 1, 1);
  await home.run(['true'], { env });
  expect((await home.ghost(['config'], { env })).stderr).toBe('');
  const later = Date.now() / 1000 + 60;
  utimesSync(path, later, later);
  const { stderr, status } = await home.ghost(['config'], { env });
  expect(status).toBe(0);
  expect(stderr).toContain('was changed after the daemon started');
});

test('the schema is printed for editors', async () => {
  await using home = new GhostHome();
  expect(JSON.parse(await home.ok(['config', '--schema']))).toMatchObject({
    additionalProperties: false,
    properties: { logs: { properties: { maxTotal: { default: '10%' } } } },
  });
});

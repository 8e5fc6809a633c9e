import { execFile } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { startsMax } from '../../src/client/launch-daemon.ts';
import { startDaemon } from '../../src/client/start-daemon.ts';
import { resolvePaths } from '../../src/paths.ts';
import { encodeFrame } from '../../src/protocol/frame.ts';
import { frameBytesMax } from '../../src/protocol/limits.ts';
import { type StartProgress, readStartProgress } from '../../src/start-progress.ts';
import { asError, greeting } from '../protocol/served.ts';
import { isAlive } from '../support/ghost-home.ts';
import { until } from '../support/until.ts';

const daemonScript = join(import.meta.dirname, 'fake-daemon.mjs');
const run = promisify(execFile);

let folder: string;
let home: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghost-start-'));
  home = join(folder, 'home');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  for (const pid of started()) {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await until(`the daemon ${pid} is gone`, () => !isAlive(pid));
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('starting a daemon', () => {
  it('settles when it listens, in a data folder that nobody else can look into', async () => {
    const umask = process.umask(0);
    await start();
    process.umask(umask);
    expect(started()).toHaveLength(1);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, 'daemon.log')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(home, 'ghost.sock'))).toBe(true);
    expect(existsSync(join(home, 'start.lock'))).toBe(false);
  });

  it('makes the folders above it as private as itself', async () => {
    home = join(folder, 'share', 'deep', 'ghost');
    const umask = process.umask(0);
    await start();
    process.umask(umask);
    expect(statSync(join(folder, 'share')).mode & 0o777).toBe(0o700);
  });

  it('gives it a session of its own, the root folder, no input, its log, and nothing secret', async () => {
    vi.stubEnv('SECRET_TOKEN', 'hunter2');
    vi.stubEnv('NODE_OPTIONS', '--no-warnings');
    vi.stubEnv('LC_TIME', 'de_DE.UTF-8');
    await start();
    const [pid] = started();
    const { environment, ...rest } = JSON.parse(readFileSync(join(home, 'circumstances.json'), 'utf8'));
    expect(rest).toEqual({ arguments: ['--persist'], cwd: '/', session: pid, stdin: '/dev/null' });
    expect(environment).toMatchObject({
      GHOST_HOME: home,
      GHOST_SOCKET: join(home, 'ghost.sock'),
      LC_TIME: 'de_DE.UTF-8',
    });
    expect(
      Object.keys(environment)
        .filter((name) => !/^(GHOST_|XDG_|LC_)/.test(name))
        .toSorted(),
    ).toEqual(
      [
        ...['HOME', 'PATH', 'USER', 'LOGNAME', 'LANG', 'TZ', 'TMPDIR'].filter((name) => name in process.env),
        'MALLOC_MMAP_THRESHOLD_',
      ].toSorted(),
    );
    expect(readFileSync(join(home, 'daemon.log'), 'utf8')).toBe('a line for the log\n');
  });

  it('starts none where one listens', async () => {
    await start();
    await start();
    expect(started()).toHaveLength(1);
  });

  it('by many clients at one moment starts one', async () => {
    const clients = Array.from({ length: 12 }, async () => {
      const script = join(import.meta.dirname, 'start-one.ts');
      return await run(process.execPath, [script, daemonScript], { env: { ...process.env, GHOST_HOME: home } });
    });
    const said = (await Promise.all(clients)).map(({ stdout }) => stdout);
    expect(said).toEqual(Array(12).fill('listens\n'));
    expect(started()).toHaveLength(1);
  });

  it('takes over the lock of a client that died long ago', async () => {
    mkdirSync(join(home, 'start.lock'), { recursive: true, mode: 0o700 });
    utimesSync(join(home, 'start.lock'), 1, 1);
    await start();
    expect(started()).toHaveLength(1);
  });

  it('takes over the lock of a client that was killed a moment ago', async () => {
    mkdirSync(join(home, 'start.lock'), { recursive: true, mode: 0o700 });
    await start();
    expect(started()).toHaveLength(1);
  });

  it('waits for the one that came first when the daemon says that it is second', async () => {
    await start('is-second');
    expect(existsSync(join(home, 'ghost.sock'))).toBe(true);
  });

  it.each([
    ['refuses', { code: 'journal-newer', message: 'a newer ghost wrote it', hint: 'upgrade' }],
    [
      'ends',
      {
        code: 'daemon-start-failed',
        message: expect.stringContaining('3'),
        hint: expect.stringContaining('daemon.log'),
      },
    ],
    ['babbles', { code: 'daemon-start-failed', message: expect.stringContaining('good morning') }],
  ])('says why when the daemon %s, and lets go of the lock', async (fake, error) => {
    await expect(start(fake)).rejects.toMatchObject(error);
    expect(existsSync(join(home, 'start.lock'))).toBe(false);
  });

  it('waits for one that makes steps for as long as it makes them, and so do those who did not start it', async () => {
    vi.stubEnv('GHOST_FAKE_STEPS', '20');
    const patienceMs = { ready: 700, listen: 700 };
    const seen: number[][] = [[], []];
    vi.stubEnv('GHOST_FAKE', 'makes-steps');
    const clients = seen.map(async (steps) => {
      const onProgress = ({ done }: StartProgress): void => void steps.push(done);
      await startDaemon(resolvePaths({ GHOST_HOME: home }), { daemonScript, patienceMs, onProgress });
    });
    await Promise.all(clients);
    expect(started()).toHaveLength(1);
    for (const steps of seen) {
      // Each is told of what it came to see, in order, and never twice.
      expect(steps.length).toBeGreaterThan(1);
      expect(steps).toEqual([...new Set(steps)].toSorted((one, other) => one - other));
    }
  });

  it('gives up one that has stopped to make steps', async () => {
    vi.stubEnv('GHOST_FAKE', 'makes-no-steps');
    vi.stubEnv('GHOST_FAKE_STEPS', '2');
    const seen: number[] = [];
    const starting = startDaemon(resolvePaths({ GHOST_HOME: home }), {
      daemonScript,
      patienceMs: { ready: 500, listen: 500 },
      onProgress: ({ done }) => void seen.push(done),
    });
    await expect(starting).rejects.toMatchObject({
      code: 'daemon-start-failed',
      message: 'the daemon could not be started: it is not ready after 0.5 s',
    });
    expect(seen).toEqual([1]);
  });

  it('tells nothing of what a daemon that was killed has left', async () => {
    mkdirSync(home, { mode: 0o700 });
    // No process has it: the largest number that Linux gives is 2^22.
    const left = { pid: 2 ** 22 + 1, step: 'fold', done: 1, total: 2 };
    writeFileSync(join(home, 'starting.json'), JSON.stringify(left));
    vi.stubEnv('GHOST_FAKE', 'is-second');
    const seen: StartProgress[] = [];
    await startDaemon(resolvePaths({ GHOST_HOME: home }), { daemonScript, onProgress: (step) => void seen.push(step) });
    expect(seen).toEqual([]);
    writeFileSync(join(home, 'starting.json'), JSON.stringify({ ...left, pid: process.pid }));
    expect(readStartProgress({ home })).toEqual({ ...left, pid: process.pid });
    for (const text of ['', '{', 'null', '[]', '{"pid":1}', JSON.stringify({ ...left, pid: process.pid, step: 'x' })]) {
      writeFileSync(join(home, 'starting.json'), text);
      expect(readStartProgress({ home })).toBeNull();
    }
  });

  it('starts it again where a signal ends it before it is ready', async () => {
    vi.stubEnv('GHOST_FAKE_KILLS', String(startsMax - 1));
    await start('is-killed');
    expect(started()).toHaveLength(startsMax);
  });

  it('gives up after it was started so many times and a signal ended it each time', async () => {
    vi.stubEnv('GHOST_FAKE_KILLS', String(startsMax));
    expect(await start('is-killed').then(() => null, asError)).toMatchObject({
      code: 'daemon-start-failed',
      message: expect.stringContaining(`it was ended by SIGKILL, ${startsMax} times in a row`),
    });
    expect(started()).toHaveLength(startsMax);
  });

  it('says so when the daemon is not there to be started', async () => {
    const paths = resolvePaths({ GHOST_HOME: home });
    await expect(startDaemon(paths, { daemonScript: join(folder, 'nothing.cjs') })).rejects.toMatchObject({
      code: 'daemon-start-failed',
    });
  });
});

describe('a data folder', () => {
  it('that is a file is refused', async () => {
    writeFileSync(home, '');
    await expect(start()).rejects.toMatchObject({
      code: 'data-folder-unusable',
      message: expect.stringContaining(home),
    });
  });

  it('that lies under a file is refused', async () => {
    writeFileSync(join(folder, 'file'), '');
    home = join(folder, 'file', 'home');
    await expect(start()).rejects.toMatchObject({ code: 'data-folder-unusable' });
  });

  it('that others can get into is refused, and the hint mends it', async () => {
    mkdirSync(home);
    await run('chmod', ['750', home]);
    const error = await start().then(() => null, asError);
    expect(error).toMatchObject({
      code: 'data-folder-unusable',
      message: expect.stringContaining('0750'),
      hint: `chmod 700 ${home}`,
    });
    expect(statSync(home).mode & 0o777).toBe(0o750);
    await run('sh', ['-c', error?.hint ?? '']);
    await start();
  });

  it('of somebody else is refused', async () => {
    // Only root can give a folder away; everybody else is shown one of root's.
    if (process.getuid?.() === 0) {
      mkdirSync(home, { mode: 0o700 });
      chownSync(home, 65_534, 65_534);
    } else home = '/usr';
    await expect(startDaemon(resolvePaths({ GHOST_HOME: home }), { daemonScript })).rejects.toMatchObject({
      code: 'data-folder-unusable',
      message: expect.stringMatching(/belongs to uid/),
    });
    home = join(folder, 'home');
  });
});

it('lets go of the older daemon that goes on, because the newer one could not start', async () => {
  // What the build puts in: the sources are of no version in particular, which is never the newer one.
  vi.stubGlobal('GHOST_VERSION', '0.1.0');
  vi.resetModules();
  const { meetOtherVersion } = await import('../../src/client/start-daemon.ts');
  const paths = resolvePaths({ GHOST_HOME: home });
  mkdirSync(home, { mode: 0o700 });
  const connections: Socket[] = [];
  const older = createServer((connection) => {
    connections.push(connection.on('error', () => undefined).resume());
    connection.write(encodeFrame(greeting, { bytesMax: frameBytesMax }));
  });
  await new Promise<void>((resolve) => older.listen(paths.socket, resolve));
  try {
    const card = { pid: process.pid, socket: paths.socket, version: '0.0.1' };
    writeFileSync(join(home, 'daemon.json'), JSON.stringify(card));
    vi.stubEnv('GHOST_FAKE', 'refuses');
    await expect(meetOtherVersion(paths, { daemonScript })).rejects.toMatchObject({ code: 'journal-newer' });
    await until('the connection is closed', () => connections[0]?.closed === true);
    expect(connections).toHaveLength(1);
  } finally {
    for (const connection of connections) connection.destroy();
    older.close();
  }
});

async function start(fake = ''): Promise<void> {
  vi.stubEnv('GHOST_FAKE', fake);
  await startDaemon(resolvePaths({ GHOST_HOME: home }), { daemonScript });
}

function started(): readonly number[] {
  const file = join(home, 'started');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { isListening, openConnection, readDaemonFile } from '../../src/client/connector.ts';
import { startServer } from '../../src/daemon/server.ts';
import { type Paths, resolvePaths } from '../../src/paths.ts';
import { fakeHandlers } from '../protocol/served.ts';
import { isStopped } from '../support/process-stat.ts';
import { until } from '../support/until.ts';
import { DaemonRig } from './daemon-rig.ts';

describe('connecting', () => {
  it('finds nobody where there is no socket, and where its daemon is dead', async () => {
    await using rig = new DaemonRig();
    expect(await open(rig)).toBeNull();
    // A process that is killed leaves its socket: connect(2) says ECONNREFUSED.
    const script = `require('node:net').createServer().listen(${JSON.stringify(rig.paths.socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    await once(child, 'exit');
    expect(execFileSync('ls', [rig.home], { encoding: 'utf8' })).toContain('ghost.sock');
    expect(await open(rig)).toBeNull();
    expect(await isListening(rig.paths)).toBe(false);
  });

  it('finds nobody where the folder of the socket is missing', async () => {
    await using rig = new DaemonRig();
    rmSync(rig.home, { recursive: true });
    expect(await open(rig)).toBeNull();
  });

  it('finds the one daemon of the folder wherever it says that it listens', async () => {
    await using rig = new DaemonRig();
    mkdirSync(join(rig.home, 'elsewhere'), { mode: 0o700 });
    const socketPath = join(rig.home, 'elsewhere', 'ghost.sock');
    await using server = await startServer({
      socketPath,
      handlers: fakeHandlers(),
      peerOf: () => null,
      onRefused: () => undefined,
      onInternalError: () => undefined,
      commandLineOf: () => null,
    });
    expect(server.isInPlace()).toBe(true);
    expect(await open(rig)).toBeNull();
    rig.writeDaemonFile(socketPath);
    const connection = await open(rig);
    expect(await connection?.request('ping', {})).toEqual({});
    await connection?.close();
  });

  it.each(['', '[]', '{"pid":"1"}', '{"pid":1,"socket":7}', '{'])(
    'is not misled by a daemon.json like %j',
    async (content) => {
      await using rig = new DaemonRig();
      writeFileSync(join(rig.home, 'daemon.json'), content);
      expect(readDaemonFile(rig.paths)).toBeNull();
      expect(await open(rig)).toBeNull();
    },
  );

  it('says that a daemon is stuck that takes connections and says nothing, with its pid', async () => {
    await using rig = new DaemonRig();
    const mute = createServer((socket) => socket.resume());
    mute.listen(rig.paths.socket);
    await once(mute, 'listening');
    rig.writeDaemonFile(rig.paths.socket);
    const connection = await open(rig, { helloTimeoutMs: 20 });
    await expect(connection?.request('ping', {})).rejects.toMatchObject({
      code: 'daemon-stuck',
      message: expect.stringContaining(`pid ${process.pid}`),
      hint: expect.stringContaining(`kill -CONT ${process.pid}`),
    });
    mute.close();
  });

  it('says that a daemon is stuck whose process was stopped', async () => {
    await using rig = new DaemonRig();
    const script = `require('node:net').createServer().listen(${JSON.stringify(rig.paths.socket)}, () => console.log('listens'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'data');
      child.kill('SIGSTOP');
      await until('it is stopped', () => isStopped(child.pid ?? 0));
      const connection = await open(rig, { helloTimeoutMs: 20 });
      await expect(connection?.hello).rejects.toMatchObject({ code: 'daemon-stuck' });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('says what is wrong with a socket that cannot be one', async () => {
    await using rig = new DaemonRig();
    writeFileSync(join(rig.home, 'file'), '');
    const paths = resolvePaths({ GHOST_HOME: rig.home, GHOST_SOCKET: join(rig.home, 'file', 'ghost.sock') });
    await expect(open({ paths })).rejects.toMatchObject({ code: 'socket-path-unusable' });
  });

  it('names the socket, not its folder, where the folder cannot be looked at', async () => {
    await using rig = new DaemonRig();
    writeFileSync(join(rig.home, 'file'), '');
    const socket = join(rig.home, 'file', 'x', 'ghost.sock');
    await expect(open({ paths: resolvePaths({ GHOST_HOME: rig.home, GHOST_SOCKET: socket }) })).rejects.toMatchObject({
      code: 'socket-path-unusable',
      message: expect.stringContaining(`the socket ${socket} cannot be used: ENOTDIR`),
    });
  });

  it('takes a runtime folder that is relative for none, as every other command would look for it elsewhere', () => {
    const socketOf = (folder: string): string =>
      resolvePaths({ XDG_DATA_HOME: '/srv/data', XDG_RUNTIME_DIR: folder }).socket;
    expect(socketOf('/run/user/7')).toBe('/run/user/7/ghost.sock');
    expect(socketOf('run/user/7')).toBe('/srv/data/ghost/ghost.sock');
    expect(socketOf('')).toBe('/srv/data/ghost/ghost.sock');
  });

  it('does not use a socket in a folder that anybody can write in', async () => {
    await using rig = new DaemonRig();
    const folder = join(rig.home, 'shared');
    mkdirSync(folder);
    execFileSync('chmod', ['777', folder]);
    const paths = resolvePaths({ GHOST_HOME: rig.home, GHOST_SOCKET: join(folder, 'ghost.sock') });
    await expect(open({ paths })).rejects.toMatchObject({
      code: 'socket-path-unusable',
      hint: `chmod go-w ${folder}`,
    });
  });

  it('does not use a data folder that others can get into', async () => {
    await using rig = new DaemonRig();
    await rig.start();
    execFileSync('chmod', ['750', rig.home]);
    await expect(open(rig)).rejects.toMatchObject({ code: 'data-folder-unusable', hint: `chmod 700 ${rig.home}` });
  });
});

async function open({ paths }: { readonly paths: Paths }, options: { readonly helloTimeoutMs?: number } = {}) {
  return await openConnection({ paths, program: 'test 1', ...options });
}

import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { bindsMax, startServer, temporaryPath } from '../../src/daemon/server.ts';
import { socketPathBytesMax } from '../../src/paths.ts';
import { until } from '../support/until.ts';
import { fakeHandlers, fakeTask, gate, listAll, listed, serve } from './served.ts';

const options = {
  handlers: fakeHandlers(),
  peerOf: () => null,
  onRefused: () => undefined,
  onInternalError: () => undefined,
  commandLineOf: () => null,
};

describe('the server', () => {
  it('turns another user away with a reason, and tells who it was', async () => {
    const stranger = { uid: (process.getuid?.() ?? 0) + 1, pid: 4711 };
    await using served = await serve({}, { peerOf: () => stranger });
    const client = await served.connect();
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'permission-refused' });
    expect(served.refused).toEqual([stranger]);
  });

  it('turns root away too unless it runs as root', async () => {
    const root = { uid: process.getuid?.() === 0 ? 1 : 0, pid: 1 };
    await using served = await serve({}, { peerOf: () => root });
    const raw = await served.connectRaw();
    expect(await raw.rest()).toMatchObject([{ kind: 'fault', error: { code: 'permission-refused' } }]);
  });

  it('serves a peer that the platform cannot name, and knows nothing of it but what it says', async () => {
    const actors: unknown[] = [];
    await using served = await serve(
      {
        ping: async (_parameters, { actor }) => {
          actors.push(actor);
          return {};
        },
      },
      { peerOf: () => null },
    );
    await (await served.connect()).request('ping', {});
    expect(actors).toEqual([
      { kind: 'client', uid: null, pid: null, client: 'test 1', terminal: null, commandLine: null },
    ]);
  });

  it('has a socket of mode 0600 under every name from the first moment, whatever the mask', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ghost-wire-'));
    const umask = process.umask(0);
    const modes = new Map<string, number>();
    const look = (): void => {
      for (const name of readdirSync(folder)) {
        const mode = statSync(join(folder, name), { throwIfNoEntry: false })?.mode;
        if (mode !== undefined) modes.set(name, mode & 0o777);
      }
    };
    const watcher = watch(folder, look);
    try {
      const starting = startServer({ ...options, socketPath: join(folder, 'ghost.sock') });
      // The socket is bound by now, and not yet in its place.
      look();
      const server = await starting;
      look();
      await server.close({ graceMs: 1_000 });
      expect(Object.fromEntries(modes)).toEqual({ [`ghost.sock.${process.pid}.0`]: 0o600, 'ghost.sock': 0o600 });
      expect(process.umask(0)).toBe(0);
    } finally {
      process.umask(umask);
      watcher.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('makes the folder of its socket 0700 where there is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ghost-wire-'));
    const umask = process.umask(0);
    try {
      const socketPath = join(folder, 'a', 'b', 'ghost.sock');
      await using server = await startServer({ ...options, socketPath });
      expect(server.isInPlace()).toBe(true);
      expect(statSync(dirname(socketPath)).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(umask);
      rmSync(folder, { recursive: true });
    }
  });

  it('takes the place of what a killed daemon left, and leaves nothing beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ghost-wire-'));
    try {
      writeFileSync(join(folder, 'ghost.sock'), '');
      writeFileSync(join(folder, `ghost.sock.${process.pid}.0`), '');
      const server = await startServer({ ...options, socketPath: join(folder, 'ghost.sock') });
      expect(readdirSync(folder)).toEqual(['ghost.sock']);
      expect(statSync(join(folder, 'ghost.sock')).isSocket()).toBe(true);
      await server.close({ graceMs: 1_000 });
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('listens at the longest path there may be, under the longest name that it has before, and at none a byte longer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ghost-wire-'));
    const pathOf = (bytes: number): string => `${folder}/é${'x'.repeat(bytes - Buffer.byteLength(`${folder}/é`))}`;
    try {
      const longest = pathOf(socketPathBytesMax);
      await using server = await startServer({ ...options, socketPath: longest });
      await server.rebind();
      expect(server.isInPlace()).toBe(true);
      const tooLong = startServer({ ...options, socketPath: pathOf(socketPathBytesMax + 1) });
      await expect(tooLong).rejects.toMatchObject({
        code: 'socket-path-unusable',
        message: expect.stringContaining(`more than ${socketPathBytesMax} bytes`),
      });
      // Linux has no larger pid (proc_sys_kernel(5)), and the kernel itself says whether the name is short enough.
      const before = temporaryPath(longest, { pid: 2 ** 22, bind: bindsMax - 1 });
      expect(temporaryPath(longest, { pid: 2 ** 22, bind: 2 * bindsMax - 1 })).toBe(before);
      const bound = createServer();
      await once(bound.listen(before), 'listening');
      await once(bound.close(), 'close');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses a folder that anybody can write in', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ghost-wire-'));
    try {
      const open = join(folder, 'open');
      mkdirSync(open);
      const umask = process.umask(0);
      mkdirSync(join(open, 'shared'), { mode: 0o777 });
      process.umask(umask);
      const start = async (socketPath: string) => await startServer({ ...options, socketPath });
      const unusable = { code: 'socket-path-unusable' };
      await expect(start(join(open, 'shared', 'ghost.sock'))).rejects.toMatchObject(unusable);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses a folder that belongs to somebody else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ghost-wire-'));
    try {
      // Only root can give a folder away; everybody else is shown one of root's.
      const isRoot = process.getuid?.() === 0;
      if (isRoot) chownSync(folder, 65_534, 65_534);
      const socketPath = join(isRoot ? folder : '/usr', 'ghost.sock');
      await expect(startServer({ ...options, socketPath })).rejects.toMatchObject({
        code: 'socket-path-unusable',
        message: expect.stringMatching(/belongs to uid/),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('can be reached at every moment while a second one takes its place', async () => {
    await using served = await serve();
    const stopped = new AbortController();
    const failures: string[] = [];
    let reached = 0;
    const knock = async (): Promise<void> => {
      while (!stopped.signal.aborted) {
        await new Promise<void>((resolve) => {
          const socket = connect(served.socketPath);
          socket.once('connect', () => {
            reached++;
            socket.destroy();
            resolve();
          });
          socket.once('error', ({ message }) => {
            failures.push(message);
            resolve();
          });
        });
      }
    };
    const knocking = knock();
    await until('it is reached', () => reached > 10);
    for (let round = 0; round < 50; round++) await served.server.rebind();
    const enough = reached + 10;
    await until('it is reached still', () => reached > enough);
    stopped.abort();
    await knocking;
    expect(failures).toEqual([]);
  });

  it('notices that its socket was removed, and listens again with its connections going on', async () => {
    await using served = await serve();
    const before = await served.connect();
    await before.request('ping', {});
    expect(served.server.isInPlace()).toBe(true);
    rmSync(served.socketPath);
    expect(served.server.isInPlace()).toBe(false);
    await Promise.all([served.server.rebind(), served.server.rebind()]);
    expect(served.server.isInPlace()).toBe(true);
    expect(await before.request('ping', {})).toEqual({});
    expect(await (await served.connect()).request('ping', {})).toEqual({});
    expect(readdirSync(served.folder)).toEqual(['ghost.sock']);
  });

  it('lets answers that are ready go out before it closes', async () => {
    const large = Array.from({ length: 5_000 }, (_value, index) => fakeTask(index));
    const closing: Promise<void>[] = [];
    await using served = await serve({
      list: async () => {
        closing.push(served.server.close({ graceMs: 20_000 }));
        return listed(large);
      },
    });
    const client = await served.connect();
    expect(await client.request('list', listAll)).toEqual(listed(large));
    await Promise.all(closing);
    expect(readdirSync(served.folder)).toEqual([]);
  });

  it('cuts a connection that does not take its answers when the grace has run out', async () => {
    const asked = gate();
    await using served = await serve({
      list: async () => {
        asked.open();
        return listed(Array.from({ length: 20_000 }, (_value, index) => fakeTask(index)));
      },
    });
    const raw = await served.connectRaw();
    raw.socket.pause();
    raw.send(
      { kind: 'hello', protocol: 1, program: 'raw', pid: 1, terminal: null },
      { kind: 'request', id: 1, operation: 'list', parameters: listAll },
    );
    await asked.opened;
    await served.server.close({ graceMs: 10 });
    raw.socket.resume();
    expect(await raw.rest()).not.toContainEqual(expect.objectContaining({ kind: 'response' }));
  });

  it('leaves a socket alone that another daemon has put in its place', async () => {
    await using served = await serve();
    const other = await startServer({ ...options, socketPath: served.socketPath });
    await served.server.close({ graceMs: 1_000 });
    expect(statSync(served.socketPath).isSocket()).toBe(true);
    expect(other.isInPlace()).toBe(true);
    await other.close({ graceMs: 1_000 });
  });
});

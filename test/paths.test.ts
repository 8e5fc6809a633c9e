import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { resolvePaths, socketPathBytesMax } from '../src/paths.ts';
import { checkSocketFolder } from '../src/socket-folder.ts';

/** A data folder whose socket has a path of so many bytes, some of which are more than one to a character. */
function homeOf(bytes: number): string {
  const rest = bytes - Buffer.byteLength('/é/ghost.sock');
  return `/é${'x'.repeat(rest)}`;
}

test('the socket lies in the data folder as long as its path is short enough for one, and else in a folder of the user’s', () => {
  const longest = homeOf(socketPathBytesMax);
  expect(resolvePaths({ GHOST_HOME: longest })).toMatchObject({
    socket: join(longest, 'ghost.sock'),
    socketFallbackFolder: null,
  });
  const tooLong = resolvePaths({ GHOST_HOME: homeOf(socketPathBytesMax + 1) });
  expect(tooLong.socketFallbackFolder).toBe(join(tmpdir(), `ghost-${process.getuid?.()}`));
  expect(dirname(tooLong.socket)).toBe(tooLong.socketFallbackFolder);
  // Each data folder has one of its own there.
  expect(resolvePaths({ GHOST_HOME: homeOf(socketPathBytesMax + 2) }).socket).not.toBe(tooLong.socket);
});

test('a path of a socket that was asked for is taken as it is, and refused where it is too long', () => {
  for (const bytes of [socketPathBytesMax, socketPathBytesMax + 1]) {
    const wanted = join(homeOf(bytes), 'ghost.sock');
    const { socket, socketFallbackFolder } = resolvePaths({ GHOST_HOME: '/home/me/g', GHOST_SOCKET: wanted });
    expect([socket, socketFallbackFolder]).toEqual([wanted, null]);
  }
  expect(checkSocketFolder(join(homeOf(socketPathBytesMax), 'ghost.sock'))).toBe(false);
  expect(() => checkSocketFolder(join(homeOf(socketPathBytesMax + 1), 'ghost.sock'))).toThrow(
    expect.objectContaining({
      code: 'socket-path-unusable',
      hint: 'set GHOST_SOCKET to a shorter path',
    }) as Error,
  );
});

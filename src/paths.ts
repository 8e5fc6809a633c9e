import { tmpdir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

import { userHome } from './user-home.ts';

/** Where everything of one ghost lies. */
export interface Paths {
  readonly home: string;
  readonly journal: string;
  /** The file whose kernel lock decides which daemon is the daemon. */
  readonly lock: string;
  /** What proper-lockfile locks around starting a daemon. */
  readonly startLock: string;
  readonly daemonLog: string;
  /** A folder for each task: spools, status, FIFOs. */
  readonly tasks: string;
  /** Room that is kept for a full disk. */
  readonly reserve: string;
  readonly socket: string;
  /** The folder that must be the user's own and 0700 where the socket fell back to the temporary folder, else null. */
  readonly socketFallbackFolder: string | null;
}

/**
 * The longest path of a socket, in bytes: sun_path is 108 on Linux and 104 on macOS with the NUL (unix(7)), and the
 * daemon listens under a slightly longer temporary name first.
 */
export const socketPathBytesMax = 90;

/**
 * The paths that an environment gives. Reads nothing and creates nothing.
 * @throws GhostError `data-folder-unusable` where nothing says where the data folder is to lie.
 */
export function resolvePaths(environment: Readonly<Record<string, string | undefined>>): Paths {
  const set = (name: string): string | undefined => {
    const value = environment[name];
    return value === undefined || value === '' ? undefined : value;
  };
  const ghostHome = set('GHOST_HOME');
  const home = resolve(
    ghostHome ?? join(set('XDG_DATA_HOME') ?? join(userHome(environment), '.local', 'share'), 'ghost'),
  );
  const runtimeFolder = set('XDG_RUNTIME_DIR');
  // The XDG base directory specification has relative paths ignored. This one would lie somewhere else for each command.
  const runtime = runtimeFolder !== undefined && isAbsolute(runtimeFolder) ? runtimeFolder : undefined;
  const explicit = set('GHOST_SOCKET');
  const wanted =
    explicit !== undefined
      ? resolve(explicit)
      : ghostHome === undefined && runtime !== undefined
        ? join(runtime, 'ghost.sock')
        : join(home, 'ghost.sock');
  const fallbackFolder =
    Buffer.byteLength(wanted) > socketPathBytesMax && explicit === undefined
      ? join(tmpdir(), `ghost-${ownUid()}`)
      : null;
  return {
    home,
    journal: join(home, 'tasks.db'),
    lock: join(home, 'lock.db'),
    startLock: join(home, 'start'),
    daemonLog: join(home, 'daemon.log'),
    tasks: join(home, 'tasks'),
    reserve: join(home, 'reserve'),
    socket: fallbackFolder === null ? wanted : join(fallbackFolder, `${shortHash(wanted)}.sock`),
    socketFallbackFolder: fallbackFolder,
  };
}

/** Not `userInfo` alone: it looks the user up, in a directory service perhaps, and every command comes by here. */
function ownUid(): number {
  return process.getuid?.() ?? userInfo().uid;
}

/** FNV-1a, 64 bit, hex: tells the sockets of several data folders apart in one fallback folder. */
function shortHash(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

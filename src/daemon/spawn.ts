import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, realpathSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

import { passCrashPoint } from '../crash-point.ts';
import { GhostError } from '../ghost-error.ts';
import type { StreamName } from '../journal/events.ts';
import { writeOwnFile } from './no-links.ts';
import type { ShellKind, SplitEnvironment } from './shim-environment.ts';
import { goPipeLine, shimText } from './shim.ts';
import type { TaskFolder } from './task-folder.ts';

/** The programs that the shim is made of, by absolute path: PATH is the task's. */
export interface ShimTools {
  readonly shell: string;
  readonly shellKind: ShellKind;
  readonly setsid: string;
  readonly env: string;
  readonly cat: string;
  readonly mkfifo: string;
  readonly sleep: string;
}

const toolFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin'];

/**
 * Finds the shim's programs.
 * @param shell the shell to use instead of /bin/sh (`GHOST_SHELL`), or null.
 * @throws GhostError `daemon-start-failed` naming what is missing.
 */
export function findShimTools({ shell }: { shell: string | null }): ShimTools {
  const find = (name: string): string => {
    const path = toolFolders.map((folder) => join(folder, name)).find(isExecutable);
    if (path !== undefined) return path;
    throw new GhostError('daemon-start-failed', `the program ${name} is not in ${toolFolders.join(', ')}`, {
      hint: 'install util-linux and coreutils (or busybox)',
    });
  };
  const shellPath = shell ?? '/bin/sh';
  if (!isExecutable(shellPath)) {
    throw new GhostError('daemon-start-failed', `the shell ${shellPath} cannot be executed`, {
      hint: 'set GHOST_SHELL to a POSIX shell, such as /bin/dash',
    });
  }
  return {
    shell: shellPath,
    shellKind: kindOf(shellPath),
    setsid: find('setsid'),
    env: find('env'),
    cat: find('cat'),
    mkfifo: find('mkfifo'),
    sleep: find('sleep'),
  };
}

function kindOf(shell: string): ShellKind {
  const name = basename(realpathSync(shell));
  if (name === 'dash') return 'dash';
  return name.startsWith('busybox') ? 'busybox' : 'other';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A shim that waits for its go. */
export interface WaitingShim {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Lets it make the task's process. Without it, or when this process dies first, nothing is ever run. */
  go(): void;
  /** Lets that process become the task, once it has noted itself. Happens too when this process dies. */
  release(): void;
}

/**
 * Starts the shim of a task, in a session of its own, and returns while it waits.
 * @throws the system's error (EAGAIN, ENOMEM, E2BIG …) where it cannot be started.
 */
export async function spawnShim({
  tools,
  folder,
  attempt,
  command,
  cwd,
  environment,
  umask,
  openFilesSoftLimit,
}: {
  tools: ShimTools;
  folder: TaskFolder;
  attempt: number;
  command: readonly string[];
  cwd: string;
  environment: SplitEnvironment;
  umask: number;
  openFilesSoftLimit: number | null;
}): Promise<WaitingShim> {
  const { given, piped } = frontOf(command, { tools, words: environment.words });
  const files = folder.openForShim(attempt);
  try {
    const child = spawn(
      tools.shell,
      [
        '-c',
        shimText,
        'ghost-shim',
        folder.spool,
        umask.toString(8),
        openFilesSoftLimit === null ? '' : String(openFilesSoftLimit),
        tools.cat,
        tools.mkfifo,
        tools.sleep,
        ...given,
        ...command,
      ],
      {
        // Busybox becomes the shell by this name, and bash one that reads no start-up file: as itself it would take
        // the socket that Node makes of a pipe for a login over the network, and read ~/.bashrc.
        argv0: 'sh',
        cwd,
        env: environment.inherited,
        detached: true,
        stdio: ['pipe', files.stdout, files.stderr, files.status, files.messages],
      },
    );
    // Without a listener a failed spawn, or a pipe whose shim has died, would be an uncaught error. That it has died is
    // seen by its end.
    const failure = new Promise<never>((_, reject) => child.once('error', reject));
    child.stdin?.on('error', () => undefined);
    const { pid, stdin } = child;
    if (pid === undefined || stdin === null) return await failure;
    failure.catch(() => undefined);
    return {
      pid,
      child,
      go: () => {
        // The shim puts each word before the ones it has, so the last one goes first.
        const lines = piped.toReversed().map((word) => `${goPipeLine(word)}\n`);
        stdin.write(`${lines.join('')}go\n`);
      },
      release: () => {
        stdin.end();
      },
    };
  } finally {
    files.close();
  }
}

/**
 * The words in front of the command: those that everybody may read, and those that go by way of the go pipe. `setsid`
 * comes first, so that it does not run in the task's environment (LD_PRELOAD would be loaded twice, and complain twice).
 * But a program whose name is like an assignment would be one more to `env`, and then `setsid` goes in between.
 */
function frontOf(
  command: readonly string[],
  { tools, words }: { tools: ShimTools; words: readonly Uint8Array[] },
): { readonly given: readonly string[]; readonly piped: readonly Uint8Array[] } {
  const session = [tools.setsid, '--'];
  if (words.length === 0) return { given: session, piped: [] };
  const environment = [Buffer.from(tools.env), ...words];
  if (command[0]?.includes('=') === true) return { given: session, piped: environment };
  return { given: [], piped: [...session.map((word) => Buffer.from(word)), ...environment] };
}

/**
 * Puts a new pump into the place of one that somebody killed, between a task's FIFO and its spool.
 *
 * When the task ends, the shim waits for the process that the `.pump` file names, or while that file is empty, so that
 * never two pumps read at once. The file is there before `stillNeeded` is asked, and the shim notes the exit before it
 * looks for the file: at least one of the two sees the other.
 * @returns the pump's pid, or null where none is needed any more or none could be started.
 */
export function spawnPump(
  stream: StreamName,
  { tools, folder, stillNeeded }: { tools: ShimTools; folder: TaskFolder; stillNeeded: () => boolean },
): number | null {
  const marker = folder.pumpMarker(stream);
  writeOwnFile(marker, '');
  passCrashPoint('pump.announced');
  const opened: number[] = [];
  const open = (path: string, flags: number): number => {
    const descriptor = openSync(path, flags | constants.O_NOFOLLOW);
    opened.push(descriptor);
    return descriptor;
  };
  let pid: number | null = null;
  try {
    if (!stillNeeded()) return null;
    // To open a FIFO for reading waits for a writer (fifo(7)), and this process must never wait: so it is one, briefly.
    open(folder.fifo(stream), constants.O_RDWR);
    const source = open(folder.fifo(stream), constants.O_RDONLY);
    const target = open(folder.stream(stream), constants.O_WRONLY | constants.O_APPEND);
    // It says itself who it is before it reads, so that nobody can be killed in between and leave one that is not known.
    // The first line is the shim's, which may be older than this ghost; the second tells it from whoever has the pid next.
    const ignored = Array.from({ length: 21 }, () => 'ghost_x').join(' ');
    const script = `IFS=' ' read -r ${ignored} ghost_start ghost_x </proc/self/stat
echo "$$
$ghost_start" >"$1" && exec "$2"`;
    const child = spawn(tools.shell, ['-c', script, 'ghost-pump', marker, tools.cat], {
      detached: true,
      cwd: '/',
      env: {},
      stdio: [source, target, 'ignore'],
    });
    child.once('error', () => undefined);
    child.unref();
    pid = child.pid ?? null;
    passCrashPoint('pump.replaced');
    return pid;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
    if (pid === null) rmSync(marker, { force: true });
  }
}

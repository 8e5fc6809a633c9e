import type { Socket } from 'node:net';

import type { Clock } from '../clock.ts';
import { passCrashPoint } from '../crash-point.ts';
import { prepareDataFolder } from '../data-folder.ts';
import type { Actor, TaskId } from '../journal/events.ts';
import { readFailure } from '../journal/read-failure.ts';
import type { Paths } from '../paths.ts';
import { makePrivateFolder } from '../private-folder.ts';
import { LiveTable } from '../projections/live-table.ts';
import { openTaskJournal } from '../projections/open-task-journal.ts';
import { protocolVersion } from '../protocol/limits.ts';
import type { Settings } from '../settings.ts';
import { adoptTasks } from './adopt.ts';
import { openDaemonLog } from './daemon-log.ts';
import { describeDaemon } from './daemon-status.ts';
import { Deadlines } from './deadlines.ts';
import { becomeTheDaemon, removeCard, writeCard } from './election.ts';
import { Exclusive } from './exclusive.ts';
import { HomeGuard } from './home-guard.ts';
import { JournalMark } from './journal-mark.ts';
import type { KernelLog } from './kernel-log.ts';
import type { Kernel } from './kernel.ts';
import { ownPaths, refuseLinks } from './no-links.ts';
import { OpenFiles } from './open-files.ts';
import { OutOfMemory } from './out-of-memory.ts';
import type { ProcessTable } from './process-table.ts';
import { RefusedPeers } from './refused-peers.ts';
import { canPunchHoles } from './remove-output.ts';
import { createHandlers } from './request-handlers.ts';
import { Reserve } from './reserve.ts';
import { Retention } from './retention.ts';
import { Rotation } from './rotation.ts';
import { type Peer, startServer } from './server.ts';
import { Signaller } from './signaller.ts';
import { SocketWatch } from './socket-watch.ts';
import { findShimTools } from './spawn.ts';
import { StartReport } from './start-report.ts';
import type { SupervisionContext } from './supervision-context.ts';
import { Supervisor } from './supervisor.ts';
import { missingEnd } from './task-numbers.ts';

/** What the daemon takes from outside, so that a test can give it another clock, boot or kernel. */
export interface DaemonOptions {
  readonly paths: Paths;
  readonly version: string;
  readonly migrationsFolder: string;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  readonly kernel: Kernel;
  readonly kernelLog: KernelLog;
  /** The shim's shell instead of /bin/sh, or null. */
  readonly shell: string | null;
  readonly settings: Settings;
  /** Whether the daemon's log goes to stderr too: in the foreground. */
  readonly echo: boolean;
}

export interface Daemon {
  /** Settles when the daemon has ended, however that was asked for. */
  readonly ended: Promise<void>;
  /** Ends it in order. Tasks that run go on running. */
  stop(reason: string): Promise<void>;
}

/** How long an answer that is ready may take to go out when the daemon ends. */
const closeGraceMs = 1_000;

/**
 * Starts the daemon of a data folder: a list in order of dependence.
 * @throws GhostError `data-folder-unusable`, `daemon-already-running`, `journal-unusable`, `journal-newer`,
 *   `socket-path-unusable`, `daemon-start-failed`.
 */
export async function openDaemon(options: DaemonOptions): Promise<Daemon> {
  const { paths, version, clock, processes, kernel } = options;
  prepareDataFolder(paths.home);
  refuseLinks(ownPaths(paths), 'data-folder-unusable');
  makePrivateFolder(paths.tasks);
  const tools = findShimTools({ shell: options.shell });
  const log = openDaemonLog(paths.daemonLog, { clock, echo: options.echo });

  // Before anything is read or written: from here on this process is the only one that does.
  const lock = await becomeTheDaemon(paths);
  passCrashPoint('daemon.locked');
  removeCard(paths);

  // Before the journal, which cannot be opened on a full disk.
  const reserve = new Reserve({ ...paths, log });
  const mark = new JournalMark({ path: paths.journal, log });
  using report = new StartReport(paths, log);
  const startedAt = clock();
  const begunAt = performance.now();
  const ending = Promise.withResolvers<void>();
  const { journal, store, past, history, rebuild } = await openTaskJournal({
    path: paths.journal,
    migrationsFolder: options.migrationsFolder,
    now: clock,
    ghostVersion: version,
    onDamage: (error) => {
      // What SQLite says after an I/O error cannot be trusted. The tasks do not care; the next daemon reads the disk.
      log.error('the journal is damaged or cannot be read; the daemon ends', { error: error.message });
      ending.reject(error);
    },
    onFull: () => reserve.release(),
    onDurable: mark.write,
    onOpening: (progress) => {
      report.note(progress);
      if (progress.step !== 'fold') passCrashPoint(`journal.${progress.step}`);
    },
    fold: {
      onChunk: () => {
        passCrashPoint('journal.folded');
      },
    },
  });
  passCrashPoint('daemon.opened');
  const guard = new HomeGuard(paths, {
    log,
    onLost: (error) => {
      log.error(error.message);
      ending.reject(error);
    },
  });

  const identity = processes.look(process.pid)?.identity ?? {
    pid: process.pid,
    startTime: '',
    bootId: processes.bootId,
  };
  const self: Actor = {
    kind: 'daemon',
    uid: process.getuid?.() ?? null,
    pid: process.pid,
    client: `ghostd ${version}`,
    terminal: null,
    commandLine: null,
  };
  const last = journal.lastDaemonEvent();
  const previous = last === null ? 'none' : last.type === 'DaemonStopped' ? 'stopped' : 'crashed';
  const started = { identity, version, protocol: protocolVersion, previous } as const;
  await journal.append(
    [{ type: 'DaemonStarted', task: null, actor: self, data: started }, ...missingEnd(journal, { paths, self, log })],
    { durability: 'full' },
  );

  const table = new LiveTable(journal, store);
  const openFiles = new OpenFiles();
  const context: SupervisionContext = {
    journal,
    table,
    store,
    processes,
    kernel,
    openFiles,
    clock,
    log,
    reserve,
    guard,
    tools,
    self,
    startedAt,
  };
  // Before the tasks are taken up: what ended meanwhile is recorded by that.
  const outOfMemory = new OutOfMemory({ journal, log, self, kernelLog: options.kernelLog });
  const holes = await canPunchHoles(kernel, { folder: paths.tasks });
  if (!holes) {
    log.warn(
      'this file system gives no space back inside a file: the output of a task is compressed, and kept within the limits, only when it has ended',
      { folder: paths.tasks },
    );
  }
  const { settings } = options;
  const storage = { ...context, settings, tasksFolder: paths.tasks, holes, exclusive: new Exclusive<TaskId>() };
  const retention = new Retention(storage);
  const rotation = new Rotation({
    ...storage,
    roomBytes: () => retention.roomBytes,
    onSealed: (task) => {
      retention.noteChange(task);
    },
  });
  const supervisor = new Supervisor(context, {
    tasksFolder: paths.tasks,
    onOutput: (task) => {
      rotation.consider(task);
      retention.noteChange(task);
    },
  });
  const signaller = new Signaller(context, supervisor);

  // Before the first request, so that no answer is given from a table that does not know what happened meanwhile.
  const openBefore = [...table.current.openLogs];
  const adoption = await adoptTasks(context, { supervisor, signaller });
  rotation.recoverAll({ openBefore });
  retention.begin();
  reserve.whenRoom(() => {
    supervisor.sweep();
    rotation.considerAll();
  });
  const deadlines = new Deadlines({ ...context, supervisor, signaller });
  passCrashPoint('daemon.adopted');

  const refused = new RefusedPeers({ journal, log, self });
  const stopping = { called: false };
  const server = await startServer({
    socketPath: paths.socket,
    handlers: createHandlers({
      ...context,
      supervisor,
      signaller,
      retention,
      past,
      history,
      rebuild,
      statusOf: () => describeDaemon({ options, journal, table, store, supervisor, startedAt, begunAt }),
      shutDown: (reason) => {
        // After the answer has been handed to the connection, which then lets it go out.
        setImmediate(() => {
          stop(reason).catch(ending.reject);
        });
      },
    }),
    peerOf: (socket) => peerOf(socket, kernel),
    isTooMany: (socket) => openFiles.isTooMany(descriptorOf(socket) ?? 0),
    commandLineOf: (pid) => processes.commandLine(pid),
    onRefused: (peer) => {
      refused.note(peer);
    },
    explain: readFailure,
    onInternalError: (error) => {
      log.error('a request failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    },
  });
  const socketWatch = new SocketWatch(server, { paths, guard, log });
  writeCard(paths, { pid: process.pid, socket: paths.socket, version });
  reserve.fill();
  passCrashPoint('daemon.listening');
  log.info('the daemon is up', { version, previous, ...adoption, kernelCalls: kernel.unavailable ?? 'available' });

  async function stop(reason: string): Promise<void> {
    if (stopping.called) return ending.promise;
    stopping.called = true;
    socketWatch[Symbol.dispose]();
    guard[Symbol.dispose]();
    // First the card and the socket, so that a client which comes now starts the next daemon and waits for this one's
    // lock; last the lock.
    removeCard(paths);
    passCrashPoint('daemon.stopping');
    await server.close({ graceMs: closeGraceMs });
    passCrashPoint('daemon.unbound');
    deadlines[Symbol.dispose]();
    supervisor[Symbol.dispose]();
    await outOfMemory[Symbol.asyncDispose]();
    await rotation[Symbol.asyncDispose]();
    await retention[Symbol.asyncDispose]();
    reserve[Symbol.dispose]();
    const tasksRunning = table.current.active.size;
    await journal
      .append([{ type: 'DaemonStopped', task: null, actor: self, data: { reason, tasksRunning } }], {
        durability: 'full',
      })
      .catch((error: unknown) => {
        // On a full disk. The next daemon takes it for a crash, which costs nothing but a closer look.
        log.error('the end could not be recorded', { error: String(error) });
      });
    passCrashPoint('daemon.stopped');
    table[Symbol.dispose]();
    journal[Symbol.dispose]();
    mark[Symbol.dispose]();
    log.info('the daemon has ended', { reason, tasksRunning });
    log[Symbol.dispose]();
    lock[Symbol.dispose]();
    ending.resolve();
  }

  return { ended: ending.promise, stop };
}

function peerOf(socket: Socket, kernel: Kernel): Peer | null {
  const descriptor = descriptorOf(socket);
  return descriptor === null ? null : kernel.peerCredentials(descriptor);
}

/** Node does not say a socket's descriptor in its types; the kernel is asked by it. */
function descriptorOf(socket: Socket): number | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  const descriptor: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : null;
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : null;
}

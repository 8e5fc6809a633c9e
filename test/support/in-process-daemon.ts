import { join } from 'node:path';

import { type Clock, systemClock } from '../../src/clock.ts';
import { openDaemon } from '../../src/daemon/daemon.ts';
import type { KernelLog, KernelRecord } from '../../src/daemon/kernel-log.ts';
import { type Kernel, loadKernel } from '../../src/daemon/kernel.ts';
import { type ProcessTable, linuxProcessTable } from '../../src/daemon/process-table.ts';
import { resolvePaths } from '../../src/paths.ts';
import { type LogSettings, defaultSettings } from '../../src/settings.ts';
import { version } from '../../src/version.ts';
import type { GhostHome } from './ghost-home.ts';
import { root } from './source-files.ts';

/** A daemon of a home's within the test's own process, with another process table or kernel where that is to be tried. */
export async function serveInProcess(
  home: Pick<GhostHome, 'env'>,
  {
    kernel = loadKernel(),
    processes = linuxProcessTable(kernel),
    kernelLog = silentKernelLog,
    logs = {},
    clock = systemClock(),
    shell = null,
  }: {
    processes?: ProcessTable;
    kernel?: Kernel;
    kernelLog?: KernelLog;
    logs?: Partial<LogSettings>;
    clock?: Clock;
    shell?: string | null;
  },
): Promise<AsyncDisposable> {
  const daemon = await openDaemon({
    paths: resolvePaths(home.env),
    version,
    migrationsFolder: join(root, 'migrations'),
    clock,
    processes,
    kernel,
    kernelLog,
    shell,
    settings: { ...defaultSettings, logs: { ...defaultSettings.logs, ...logs } },
    echo: false,
  });
  return { [Symbol.asyncDispose]: () => daemon.stop('the test is over') };
}

/** A kernel that has said nothing. */
async function* silentKernelLog(): AsyncGenerator<KernelRecord, void, void> {
  for (const record of []) yield await Promise.resolve(record);
}

/** The machine as it is after another start: the same pids, of which nobody knows whose they were before. */
export function afterReboot(): ProcessTable {
  return withIdentities((identity) => ({ ...identity, bootId: 'another-boot' }), { bootId: 'another-boot' });
}

/** The machine as it is, but these pids belong to processes that began at another time. */
export function withReusedPids(pids: readonly number[]): ProcessTable {
  return withIdentities((identity) => (pids.includes(identity.pid) ? { ...identity, startTime: '1' } : identity), {});
}

function withIdentities(
  change: (identity: ProcessEntryIdentity) => ProcessEntryIdentity,
  { bootId }: { bootId?: string },
): ProcessTable {
  const real = linuxProcessTable();
  const table: ProcessTable = {
    ...real,
    bootId: bootId ?? real.bootId,
    look: (pid) => {
      const entry = real.look(pid);
      return entry === null ? null : { ...entry, identity: change(entry.identity) };
    },
    isAlive: (identity) =>
      identity.bootId === table.bootId && table.look(identity.pid)?.identity.startTime === identity.startTime,
    membersOf: (session, options) =>
      real.membersOf(session, options).map((entry) => ({ ...entry, identity: change(entry.identity) })),
  };
  return table;
}

type ProcessEntryIdentity = NonNullable<ReturnType<ProcessTable['look']>>['identity'];

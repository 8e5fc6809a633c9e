import { join } from 'node:path';

import { systemClock } from '../clock.ts';
import { messageOf } from '../error-message.ts';
import { GhostError, exitStatusOf } from '../ghost-error.ts';
import { checkSqlite } from '../journal/database.ts';
import { resolvePaths } from '../paths.ts';
import { quietJson } from '../quiet-json.ts';
import { version } from '../version.ts';
import { visible } from '../visible.ts';
import { type Daemon, openDaemon } from './daemon.ts';
import { closeInheritedDescriptors } from './inherited-descriptors.ts';
import { linuxKernelLog } from './kernel-log.ts';
import { loadKernel } from './kernel.ts';
import { linuxProcessTable } from './process-table.ts';
import { readSettings, settingsPlace } from './settings-file.ts';

/**
 * The daemon's process. With `--persist`, as the command line starts it, it says one line on stdout, `ready` or the
 * error as JSON, and then nothing more; without, it stays in the foreground and says what it does on stderr. With
 * `--check` it only sees whether it could start, says the same line and ends.
 */
const checks = process.argv.includes('--check');
const persists = checks || process.argv.includes('--persist');
// Before the folder is left that a relative path would be relative to.
const place = settingsPlace(process.env);

process.umask(0o077);
closeInheritedDescriptors();
// Not bound to the folder, terminal or session of whoever happened to start it.
process.chdir('/');
process.on('SIGHUP', () => undefined);
process.on('uncaughtException', fail);
process.title = 'ghostd';

main().catch((error: unknown) => {
  fail(error);
});

async function main(): Promise<void> {
  if (process.platform !== 'linux') {
    throw new GhostError('daemon-start-failed', `ghost does not run on ${process.platform} yet`, {
      hint: 'run it on Linux',
    });
  }
  const kernel = loadKernel();
  const settings = readSettings(place);
  if (checks) {
    checkSqlite();
    process.stdout.end('ready\n', () => process.exit(0));
    return;
  }
  const daemon = await openDaemon({
    paths: resolvePaths(process.env),
    version,
    migrationsFolder: join(import.meta.dirname, '..', 'migrations'),
    clock: systemClock(),
    processes: linuxProcessTable(kernel),
    kernel,
    kernelLog: linuxKernelLog(),
    shell: process.env['GHOST_SHELL'] ?? null,
    settings,
    echo: !persists,
  });
  endOn('SIGTERM', daemon);
  endOn('SIGINT', daemon);
  if (persists) sayReady();
  await daemon.ended;
  process.exit(0);
}

function endOn(signal: 'SIGTERM' | 'SIGINT', daemon: Daemon): void {
  process.on(signal, () => {
    daemon.stop(signal).catch(fail);
  });
}

/** The starter waits for this line and then stops listening: nothing may be written there any more. */
function sayReady(): void {
  process.stdout.on('error', () => undefined);
  process.stdout.end('ready\n');
}

/** In the background stderr is daemon.log, which is JSON lines. That another daemon was first is nothing to note there. */
function fail(error: unknown): void {
  const bug =
    error instanceof GhostError ? null : error instanceof Error ? (error.stack ?? error.message) : String(error);
  const shape = error instanceof GhostError ? error : new GhostError('internal', messageOf(error));
  const { code, message, hint } = shape;
  if (persists) {
    const at = new Date().toISOString();
    const line = quietJson({ at, level: 'error', pid: process.pid, message, code, stack: bug });
    if (code !== 'daemon-already-running') process.stderr.write(`${line}\n`);
    process.stdout.write(`${quietJson(shape.toShape())}\n`);
  } else {
    process.stderr.write(
      `${bug === null ? '' : linesOf(bug)}ghost: ${visible(message)}\n${hint === '' ? '' : `  try: ${visible(hint)}\n`}`,
    );
  }
  process.exit(exitStatusOf(code));
}

function linesOf(text: string): string {
  return text
    .split('\n')
    .map((line) => `${visible(line)}\n`)
    .join('');
}

import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';

import { readSettings, settingsPlace } from '../daemon/settings-file.ts';
import { errorCode } from '../error-code.ts';
import { GhostError } from '../ghost-error.ts';
import { type Settings, defaultSettings } from '../settings.ts';
import { ownEntry } from '../user-home.ts';
import { version } from '../version.ts';
import { type Found, ok, problem, warning } from './finding.ts';
import { logOutRule } from './log-out.ts';
import type { DaemonAnswer, Patient } from './patient.ts';

export function checkVersions(): Found {
  return ok('versions', `ghost ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}`);
}

/** The settings that the next daemon would take, or the defaults where it would refuse them. */
export function checkConfig(environment: Patient['environment']): {
  readonly found: Found;
  readonly settings: Settings;
} {
  const place = settingsPlace(environment);
  try {
    const settings = readSettings(place);
    const there = existsSync(place.path);
    return { found: ok('config', there ? `${place.path} is right` : `the defaults: no ${place.path}`), settings };
  } catch (error) {
    if (!(error instanceof GhostError)) throw error;
    return { found: problem('config', error.message, { hint: error.hint }), settings: defaultSettings };
  }
}

/** From how much of a limit on it is worth a word. */
const nearlyUsedUp = 0.8;

/** The files that the daemon has open, against what it may. */
export function checkDescriptors({ daemon, processes }: Patient): readonly Found[] {
  if (daemon.kind !== 'answers' || processes === null) return [];
  const limit = openFilesLimitOf(daemon);
  const open = namesIn(`/proc/${daemon.pid}/fd`)?.length ?? null;
  if (limit === null || open === null) return [];
  const message = `the daemon has ${open} of at most ${limit} files open`;
  return open < limit * nearlyUsedUp
    ? [ok('descriptors', message)]
    : [warning('descriptors', message, { hint: 'ghost shutdown; ulimit -n 65536; ghost list  (tasks run on)' })];
}

/** The watches of this user's programs, against what the kernel gives: inotify(7). */
export function checkWatches({ processes, uid }: Patient): readonly Found[] {
  if (processes === null || uid === null) return [];
  const limits = { watches: limitOf('max_user_watches'), instances: limitOf('max_user_instances') };
  if (limits.watches === null || limits.instances === null) return [];
  const used = watchesOf(uid);
  const message = `${used.watches} of ${limits.watches} watches and ${used.instances} of ${limits.instances} watchers are in use`;
  const near =
    used.watches >= limits.watches * nearlyUsedUp
      ? `fs.inotify.max_user_watches=${limits.watches * 4}`
      : used.instances >= limits.instances * nearlyUsedUp
        ? `fs.inotify.max_user_instances=${limits.instances * 4}`
        : null;
  if (near === null) return [ok('watches', message)];
  return [warning('watches', `${message}: without one, output is seen later`, { hint: `sudo sysctl ${near}` })];
}

/** Whether tasks die when their user logs out. */
export function checkLogOut(): readonly Found[] {
  // A uid without an entry, as in a container, is nobody who logs in.
  const user = ownEntry()?.username;
  const rule = user === undefined ? null : logOutRule('/', { user });
  if (rule === null || process.getuid?.() === 0) return [];
  if (!rule.kills) return [ok('log-out', 'tasks live on when you log out')];
  return [
    problem('log-out', 'systemd kills what you leave running when you log out (KillUserProcesses=yes), tasks too', {
      hint: 'loginctl enable-linger',
    }),
  ];
}

function openFilesLimitOf({ pid }: Extract<DaemonAnswer, { kind: 'answers' }>): number | null {
  const limit = /^Max open files\s+(\d+)/m.exec(readText(`/proc/${pid}/limits`) ?? '')?.[1];
  return limit === undefined ? null : Number(limit);
}

function limitOf(name: string): number | null {
  const text = readText(`/proc/sys/fs/inotify/${name}`);
  return text === null ? null : Number(text);
}

/** What all processes of a user watch, as their descriptors tell: proc_pid_fdinfo(5). */
function watchesOf(uid: number): { readonly watches: number; readonly instances: number } {
  let watches = 0;
  let instances = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!new RegExp(`^Uid:\\s+${uid}\\s`, 'm').test(readText(`/proc/${pid}/status`) ?? '')) continue;
    for (const descriptor of namesIn(`/proc/${pid}/fd`) ?? []) {
      if (linkAt(`/proc/${pid}/fd/${descriptor}`) !== 'anon_inode:inotify') continue;
      instances += 1;
      watches += readText(`/proc/${pid}/fdinfo/${descriptor}`)?.match(/^inotify /gm)?.length ?? 0;
    }
  }
  return { watches, instances };
}

/** Null where the process is gone, or not ours to look at. */
function readText(path: string): string | null {
  return unlessGone(() => readFileSync(path, 'latin1'));
}

function namesIn(path: string): readonly string[] | null {
  return unlessGone(() => readdirSync(path));
}

function linkAt(path: string): string | null {
  return unlessGone(() => readlinkSync(path));
}

function unlessGone<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return null;
    throw error;
  }
}

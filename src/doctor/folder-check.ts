import { chmodSync, lstatSync, readdirSync, rmSync, type Stats } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { checkDataFolder, groupAndOthers } from '../data-folder.ts';
import { errorCode } from '../error-code.ts';
import { GhostError } from '../ghost-error.ts';
import { copiesFolder } from '../journal/salvage.ts';
import { quoteWord } from '../shell-quote.ts';
import { type Found, ok, problem, someOf, warning } from './finding.ts';
import type { Patient } from './patient.ts';

const permissionBits = 0o777;

/** Everything in a data folder, itself left out; what is behind a symbolic link is not looked at. */
export interface FolderEntry {
  readonly path: string;
  readonly stats: Stats;
}

/**
 * The folder itself.
 * @returns null where there is none, and with what is wrong with it whether the rest may be looked at all the same.
 */
export function checkHome({ paths: { home }, uid }: Pick<Patient, 'paths' | 'uid'>): {
  readonly found: Found;
  readonly usable: boolean;
} {
  try {
    if (!checkDataFolder(home)) return { found: ok('data folder', `${home}: nothing there yet`), usable: false };
    return { found: ok('data folder', `${home} is yours alone`), usable: true };
  } catch (error) {
    if (!(error instanceof GhostError)) throw error;
    const { message, hint } = error;
    const stats = lstatSync(home, { throwIfNoEntry: false });
    const own = stats?.isDirectory() === true && (uid === null || stats.uid === uid);
    const mend = own
      ? () => {
          chmodSync(home, 0o700);
          return 'its mode is 0700 now';
        }
      : null;
    return { found: problem('data folder', message, { hint, mend }), usable: own };
  }
}

/** Lists a data folder, in order. */
export function listFolder(home: string): readonly FolderEntry[] {
  const entries: FolderEntry[] = [];
  const visit = (folder: string): void => {
    for (const name of namesIn(folder).toSorted()) {
      const path = join(folder, name);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      // Gone by now: a task ends, a segment goes.
      if (stats === undefined) continue;
      entries.push({ path, stats });
      if (stats.isDirectory()) visit(path);
    }
  };
  visit(home);
  return entries;
}

/** Owners, permissions and links of everything in the folder. */
export function checkEntries(
  { paths: { home, startLock }, uid }: Patient,
  entries: readonly FolderEntry[],
): readonly Found[] {
  const name = ({ path }: FolderEntry): string => relative(home, path);
  const links = entries.filter(({ stats }) => stats.isSymbolicLink());
  const foreign = entries.filter(({ stats }) => uid !== null && stats.uid !== uid);
  const wrong = entries.filter(
    ({ path, stats }) =>
      !stats.isSymbolicLink() &&
      (uid === null || stats.uid === uid) &&
      // An empty folder that proper-lockfile makes with the caller's own mask.
      path !== `${startLock}.lock` &&
      !isPrivate(stats),
  );
  const found: Found[] = [];
  if (links.length > 0) {
    found.push(
      problem('files', `ghost makes no symbolic links, and here are some: ${someOf(links.map(name))}`, {
        hint: `ls -l ${quoteWord(links[0]?.path ?? home)}, and remove it`,
      }),
    );
  }
  if (foreign.length > 0) {
    const whose = [...new Set(foreign.map(({ stats }) => stats.uid))].join(', ');
    found.push(
      problem('files', `some belong to somebody else (uid ${whose}): ${someOf(foreign.map(name))}`, {
        hint: `sudo chown -R -h ${uid} ${quoteWord(home)}`,
      }),
    );
  }
  if (wrong.length > 0) {
    const named = wrong.map((entry) => `${name(entry)} (${modeOf(entry.stats)})`);
    found.push(
      problem('files', `some are not readable and writable by you alone: ${someOf(named)}`, {
        mend: () => {
          for (const { path, stats } of wrong) chmodSync(path, stats.isDirectory() ? 0o700 : 0o600);
          return wrong.length === 1 ? 'it is now' : 'they are now';
        },
      }),
    );
  }
  return found.length > 0 ? found : [ok('files', `${entries.length} files and folders, all yours alone`)];
}

/** What a daemon that was killed while it wrote something beside its place left behind. */
export function checkLeftovers(patient: Patient, entries: readonly FolderEntry[]): readonly Found[] {
  const { paths, alone, nowMs } = patient;
  const leftovers = entries.filter(
    ({ path, stats }) => isTemporary(path, patient, stats) && (alone || isOld(stats, { nowMs })),
  );
  if (leftovers.length === 0) return [ok('leftovers', 'no half-written files')];
  const names = leftovers.map(({ path }) => relative(paths.home, path));
  return [
    warning('leftovers', `half-written files of a daemon that was killed: ${someOf(names)}`, {
      mend: () => {
        for (const { path } of leftovers) rmSync(path, { recursive: true, force: true });
        return leftovers.length === 1 ? 'removed' : `${leftovers.length} removed`;
      },
    }),
  ];
}

/** Beside a daemon that works, what it has just begun to write is no leftover. */
export const youngMs = 60_000;

/** Whether nothing was written there for so long that nobody is about to go on. */
export function isOld({ mtimeMs }: Pick<Stats, 'mtimeMs'>, { nowMs }: { readonly nowMs: number }): boolean {
  // A time in the future says nothing: the clock was set back.
  return nowMs - mtimeMs > youngMs;
}

function isTemporary(path: string, { paths: { home, journal, tasks } }: Patient, stats: Stats): boolean {
  if (stats.isDirectory()) return path === copiesFolder(journal);
  if (!stats.isFile()) return false;
  const [folder, name] = [dirname(path), basename(path)];
  if (folder === home) {
    return (
      (name.startsWith(`${basename(journal)}.`) && /\.(?:tmp|rebuild)(?:-(?:journal|wal|shm))?$/.test(name)) ||
      /^(?:daemon|starting)\.json\.\d+$/.test(name) ||
      /^\.doctor-\d+$/.test(name)
    );
  }
  if (folder === tasks) return name === '.hole';
  return dirname(folder) === tasks && /^(?:stdout|stderr)\.\d+\.gz\.tmp$/.test(name);
}

function isPrivate(stats: Stats): boolean {
  // A socket's own mode says nothing where its folder lets nobody in, and Node gives it the umask's.
  const least = stats.isDirectory() ? 0o700 : stats.isFile() || stats.isFIFO() ? 0o600 : 0;
  return (stats.mode & groupAndOthers) === 0 && (stats.mode & least) === least;
}

function modeOf({ mode }: Stats): string {
  return (mode & permissionBits).toString(8).padStart(4, '0');
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const code = errorCode(error);
    // Gone by now, or closed even to its owner, which its mode tells.
    if (code === 'ENOENT' || code === 'EACCES') return [];
    throw error;
  }
}

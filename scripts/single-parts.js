// What the launcher (bin/ghost.cjs) finds itself in when it is the single executable: scripts/build-single.mjs puts this
// file and the launcher together, and all that the package is made of into the executable beside them.
//
// The command line is run from within. What Node can only take from the disk (native code, ES modules, the daemon with
// all that it loads) is laid out in a private folder of the user's cache when it is first needed. Every file there is
// compared by its sum each time, and put back where it is not what the executable holds.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { getAsset, getRawAsset } from 'node:sea';
import { setFlagsFromString } from 'node:v8';

/** The name of this build, and the sum of each file, by its place in the package. */
const { build, sums } = JSON.parse(getAsset('manifest.json', 'utf8'));
const root = path.join(cacheFolder(), build);
/** EX_CONFIG of sysexits(3), as the launcher has it. */
const unusable = 78;
const elsewhere = 'set XDG_CACHE_HOME to a folder that you can write in and run programs from';
const unusedMs = 30 * 24 * 60 * 60 * 1000;

// A daemon gets no flags on its command line here (see `nodeFlags` in src/client/launch-daemon.ts); these two may be set
// while V8 runs, and come to the same.
if (process.argv[2] === 'daemon' && process.argv[3] === '--persist') {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-memory-reducer');
}

/** What esbuild puts in the place of this name in the launcher. */
export const singleExecutable = {
  root,
  /** A bundle's text. All are ASCII but for what is loaded from the disk. */
  source: (file) => getAsset(path.relative(root, file), 'latin1'),
  /** Loads what has to lie on the disk, or is Node's own. */
  require: (name) => {
    if (path.isAbsolute(name)) layOut();
    return createRequire(path.join(root, 'dist', 'cli.cjs'))(name);
  },
};

function layOut() {
  try {
    putAll();
  } catch (error) {
    refuse(`cannot lay out its parts in ${root}: ${error.message}`, elsewhere);
  }
}

function putAll() {
  makeFolder(root);
  for (const folder of [path.dirname(root), root]) refuseShared(folder);
  for (const [name, sum] of Object.entries(sums)) {
    const place = path.join(root, name);
    if (sumOf(place) === sum) continue;
    makeFolder(path.dirname(place));
    const beside = `${place}.${process.pid}.tmp`;
    fs.writeFileSync(beside, new Uint8Array(getRawAsset(name)), { mode: 0o600, flag: 'wx', flush: true });
    fs.renameSync(beside, place);
  }
  // What lies on a file system without programs (noexec) is found out here, and not by a daemon that cannot say so well.
  const native = Object.keys(sums).find((name) => name.endsWith('.node'));
  createRequire(root)(path.join(root, native));
  const now = new Date();
  fs.utimesSync(root, now, now);
  forgetOldBuilds(now);
}

function sumOf(place) {
  try {
    return createHash('sha256').update(fs.readFileSync(place)).digest('hex');
  } catch {
    // Not there, or not to be read: it is written anew.
    return null;
  }
}

/** Code is run from it: so it must be the user's own, and nobody else may write there. */
function refuseShared(folder) {
  const stat = fs.lstatSync(folder);
  if (stat.isDirectory() && stat.uid === process.getuid() && (stat.mode & 0o077) === 0) return;
  refuse(`${folder} must be a folder of yours that nobody else can get into`, `ls -ld ${folder}`);
}

/** 0700. See `makeFolder` in bin/ghost.cjs. */
function makeFolder(folder) {
  if (fs.existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  try {
    fs.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another ghost was faster.
    if (error.code !== 'EEXIST') throw error;
  }
}

/** In the form that every ghost has for its errors. */
function refuse(message, hint) {
  process.stderr.write(`ghost: ${message}\n  try: ${hint}\n`);
  process.exit(unusable);
}

/** A folder as the launcher has for V8's code; without a home, one of the user's in the temporary folder. */
function cacheFolder() {
  const { XDG_CACHE_HOME: cache, HOME: home } = process.env;
  if (cache && path.isAbsolute(cache)) return path.join(cache, 'ghost', 'single');
  if (home) return path.join(home, '.cache', 'ghost', 'single');
  return path.join(os.tmpdir(), `ghost-${process.getuid()}`, 'single');
}

/** What no executable has used in a month. A daemon of an old one that still runs has loaded what it needs. */
function forgetOldBuilds(now) {
  const folder = path.dirname(root);
  for (const name of fs.readdirSync(folder)) {
    const place = path.join(folder, name);
    const used = fs.statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? Number(now);
    const isOld = place !== root && now - used > unusedMs;
    if (isOld) fs.rmSync(place, { recursive: true, force: true });
  }
}

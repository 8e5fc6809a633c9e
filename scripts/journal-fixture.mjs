// Writes a journal as this version of ghost writes it into test/fixtures/data/journal-VERSION, with what `ghost list` says
// of it: one of the steps of a release (CONTRIBUTING.md). Every later version has to open it and to say the same.
//
//   npm run fixture [NAME]    NAME instead of the version, for a journal that is worth keeping between two releases
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const name = process.argv[2] ?? version;
const target = join(root, 'test', 'fixtures', 'data', `journal-${name}`);
if (existsSync(target)) {
  process.stderr.write(`fixture: ${target} is there already: a journal of a released version is never written again\n`);
  process.exit(1);
}

const home = mkdtempSync(join(tmpdir(), 'fixture-'));
// Nothing of the machine that it is made on gets into it.
const environment = {
  PATH: '/usr/bin:/bin',
  HOME: '/nonexistent',
  GHOST_HOME: home,
  LANG: 'C.UTF-8',
  API_TOKEN: 'fixture',
};
try {
  live();
  keep();
} finally {
  spawnSync(process.execPath, [join(root, 'bin', 'ghost.cjs'), 'shutdown', '--stop-tasks'], { env: environment });
  rmSync(home, { recursive: true, force: true });
}
process.stdout.write(`${target}\n`);

/** A life in which everything happens that can be made to happen from outside. */
function live() {
  ghost(['run', '--follow', 'true']);
  ghost(
    [
      'run',
      '--name',
      'build',
      '--tag',
      'ci',
      '--tag',
      'nightly',
      '--follow',
      '--shell',
      'echo out; echo err >&2; exit 3',
    ],
    3,
  );
  ghost(['run', 'no-such-program-anywhere'], 127);
  ghost(['run', '--name', 'server', 'sleep', '600']);
  ghost(['stop', 'server']);
  ghost(['restart', 'server']);
  ghost(['kill', '--signal', 'USR1', '@last']);
  ghost(['run', '--timeout', '100ms', '--follow', 'sleep', '600'], 143);
  ghost(['rename', 'build', 'old build']);
  ghost(['tag', 'old build', '+kept', '-nightly']);
  ghost(['run', '--name', 'outlives', 'sleep', '1']);
  process.kill(daemonPid(), 'SIGKILL');
  ghost(['wait', 'outlives']);
  ghost(['redact', '1', '--env', 'API_TOKEN']);
  ghost(['prune', '2']);
  ghost(['prune', '3', '--forget']);
  ghost(['run', '--name', 'lost', 'sleep', '600']);
  const { pid } = JSON.parse(ghost(['show', 'lost', '--json']));
  // Its shim is its parent: with both gone and no daemon, nobody can tell how it ended.
  const shim = Number(
    readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')[1],
  );
  process.kill(daemonPid(), 'SIGKILL');
  process.kill(shim, 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  ghost(['wait', 'lost'], 1);
  ghost(['run', '--follow', 'echo', 'the last one']);
}

function keep() {
  const listed = JSON.parse(ghost(['list', '--all', '--json']));
  ghost(['shutdown']);
  mkdirSync(target);
  writeFileSync(join(target, 'list.json'), `${JSON.stringify(listed, null, 2)}\n`);
  // All of it in one file: what is in the write-ahead log is moved over when the last connection closes.
  const Database = createRequire(import.meta.url)('better-sqlite3');
  const database = new Database(join(home, 'tasks.db'));
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  copyFileSync(join(home, 'tasks.db'), join(target, 'tasks.db'));
}

function ghost(words, status = 0) {
  const [command, ...rest] = words;
  const inRoot = command === 'run' ? ['--cwd', '/'] : [];
  // Called by names that say nothing of where it lies: the journal keeps each command line.
  const result = spawnSync(process.execPath, [join('bin', 'ghost.cjs'), command, ...inRoot, ...rest], {
    argv0: 'node',
    env: environment,
    cwd: root,
    encoding: 'utf8',
  });
  if (result.status === status) return result.stdout;
  throw new Error(`ghost ${words.join(' ')} ended with ${result.status}: ${result.stderr}`);
}

function daemonPid() {
  return JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8')).pid;
}

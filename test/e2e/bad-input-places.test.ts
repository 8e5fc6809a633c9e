import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';

import { daemonsOf } from '../support/daemons.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { until } from '../support/until.ts';

const isRoot = process.getuid?.() === 0;

describe('a data folder that cannot be used', () => {
  test('a file is told as such', async () => {
    await using home = new GhostHome();
    writeFileSync(home.path, 'mine\n');
    const said = `the data folder ${home.path} cannot be used: it is not a folder`;
    for (const words of [['list'], ['status'], ['daemon']]) {
      expect(await answerTo(home, words)).toEqual({
        status: 4,
        said,
        next: `mv ${home.path} ${home.path}.old`,
      });
    }
    expect(readFileSync(home.path, 'utf8')).toBe('mine\n');
  });

  test('a device is left where it is', async () => {
    await using home = new GhostHome();
    const { status, stderr } = await home.ghost(['list'], { env: { GHOST_HOME: '/dev/null' } });
    expect(status).toBe(4);
    expect(stderr).toBe(
      'ghost: the data folder /dev/null cannot be used: it is not a folder\n' +
        '  try: set GHOST_HOME to a folder that you can write in\n',
    );
  });

  test('what to type about one with a space in its name can be typed', async () => {
    await using home = new GhostHome();
    const path = join(home.work, 'two words');
    mkdirSync(path);
    chmodSync(path, 0o755);
    const { stderr } = await home.ghost(['list'], { env: { GHOST_HOME: path } });
    expect(stderr).toContain(`try: chmod 700 '${path}'\n`);
  });

  test('one that others can get into is not used, and not changed either', async () => {
    await using home = new GhostHome();
    mkdirSync(home.path);
    chmodSync(home.path, 0o750);
    const said = `the data folder ${home.path} cannot be used: others can get in (its mode is 0750)`;
    for (const words of [['run', 'true'], ['daemon']]) {
      expect(await answerTo(home, words)).toEqual({
        status: 4,
        said,
        next: `chmod 700 ${home.path}`,
      });
    }
    expect(statSync(home.path).mode & 0o777).toBe(0o750);
    expect(readdirSync(home.path)).toEqual([]);
  });

  test('one below which nothing can be made is told, and does not keep ghost busy for ever', async () => {
    await using home = new GhostHome();
    const { status, stderr } = await home.ghost(['list'], { env: { GHOST_HOME: '/proc/ghost/home' } });
    expect(status).toBe(4);
    expect(stderr).toMatch(
      /^ghost: the data folder \/proc\/ghost\/home cannot be used: it cannot be made .*\n {2}try: set GHOST_HOME to /,
    );
  });

  test("another user's is not used", async () => {
    await using home = new GhostHome();
    mkdirSync(home.path, { mode: 0o700 });
    // Only root can give a folder away; anybody else has one of root's before his eyes.
    if (isRoot) chownSync(home.path, 65534, 65534);
    const [folder, owner] = isRoot ? [home.path, 65534] : ['/usr', 0];
    expect(await answerTo(home, ['run', 'true'], { env: { GHOST_HOME: folder } })).toEqual({
      status: 4,
      said: `the data folder ${folder} cannot be used: it belongs to uid ${owner}, not to you`,
      next: 'set GHOST_HOME to a folder of your own',
    });
    expect(readdirSync(home.path)).toEqual([]);
  });
});

describe('a socket path that cannot be used', () => {
  test('one that was asked for and is too long is refused', async () => {
    await using home = new GhostHome();
    const socket = join(home.work, 's'.repeat(90));
    expect(await answerTo(home, ['run', 'true'], { env: { GHOST_SOCKET: socket } })).toEqual({
      status: 4,
      said: `the socket ${socket} cannot be used: it has more than 90 bytes`,
      next: 'set GHOST_SOCKET to a shorter path',
    });
    expect(daemonsOf(home)).toEqual([]);
  });

  test('a data folder whose path is too long for one works: the socket lies in the temporary folder', async () => {
    await using home = new GhostHome();
    const env = { GHOST_HOME: join(home.work, 'h'.repeat(100)) };
    expect(await home.run(['echo', 'here'], { env })).toBe(1);
    await home.ok(['wait', '1'], { env });
    expect(await home.ok(['log', '1'], { env })).toBe('here');
    const { socket } = JSON.parse(await home.ok(['status', '--json'], { env })) as { readonly socket: string };
    expect(socket).toMatch(/\/ghost-\d+\/[0-9a-f]{16}\.sock$/);
    expect(statSync(join(socket, '..')).mode & 0o777).toBe(0o700);
    await home.ok(['shutdown'], { env });
    expect(existsSync(socket)).toBe(false);
  });

  test('the temporary folder itself is not trusted, and nobody is told to change it', async () => {
    await using home = new GhostHome();
    const shared = join(home.work, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    expect(await answerTo(home, ['list'], { env: { GHOST_SOCKET: join(shared, 'g.sock') } })).toEqual({
      status: 4,
      said: `the socket ${join(shared, 'g.sock')} cannot be used: anybody can write in ${shared}`,
      next: 'set GHOST_SOCKET to a path in a folder of your own, or unset XDG_RUNTIME_DIR',
    });
  });
});

describe('a journal that cannot be used', () => {
  const damages: readonly (readonly [what: string, damage: (path: string) => void, said: RegExp])[] = [
    [
      'is no database',
      (path) => writeFileSync(path, 'dear diary, '.repeat(100)),
      /tasks\.db is not an SQLite database$/,
    ],
    ['was cut off', (path) => truncateSync(path, 5_000), /tasks\.db is damaged: /],
    ["was changed behind ghost's back", changeLastEvent, /^the journal was changed behind ghost's back at event \d+$/],
  ];

  test.for(damages)('one that %s is kept as it is, and ghost says what to type', async ([, damage, said]) => {
    await using home = new GhostHome();
    await home.run(['true']);
    await home.ok(['wait']);
    await home.ok(['shutdown']);
    const journal = join(home.path, 'tasks.db');
    damage(journal);
    const before = readFileSync(journal);
    const answer = await answerTo(home, ['run', 'true']);
    expect(answer).toEqual({
      status: 4,
      said: expect.stringMatching(said),
      next: expect.stringMatching(/^ghost doctor --fix /),
    });
    expect(readFileSync(journal)).toEqual(before);
    // What it says to type helps, and its log has what it said.
    const lines = readFileSync(join(home.path, 'daemon.log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines.at(-1)).toMatchObject({ level: 'error', code: 'journal-unusable', message: answer.said });
    await home.ok(['doctor', '--fix']);
    expect(await home.task(await home.run(['true']))).toMatchObject({ command: ['true'] });
    // ... and the damaged one is kept.
    const kept = readdirSync(home.path).find((name) => name.startsWith('tasks.db.damaged-'));
    expect(readFileSync(join(home.path, kept ?? '', 'tasks.db'))).toEqual(before);
  });

  test('one that a newer ghost wrote is left to it', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    await home.ok(['shutdown']);
    const database = new Database(join(home.path, 'tasks.db'));
    database.prepare("INSERT INTO migrations (name, at, ghost) VALUES ('0099-of-the-future.sql', 1, '9.9.9')").run();
    database.close();
    expect(await answerTo(home, ['list'])).toEqual({
      status: 4,
      said: expect.stringMatching(/was written by ghost 9\.9\.9, which is newer than this /),
      next: expect.stringMatching(/^npm install /),
    });
  });

  test('a task of a new journal gets no number that one of the old has', async () => {
    await using home = new GhostHome();
    await home.run(['sh', '-c', 'echo old']);
    await home.ok(['wait']);
    await home.ok(['shutdown']);
    const events = home.events().length;
    renameSync(join(home.path, 'tasks.db'), join(home.work, 'moved.db'));
    expect(await home.run(['sh', '-c', 'echo new; exit 4'])).toBe(2);
    expect(await home.ended(2)).toMatchObject({ state: 'failed', exitCode: 4 });
    expect(await home.ok(['log', '2'])).toBe('new');
    expect(await home.ghost(['log', '1'])).toMatchObject({ status: 3 });
    expect(readFileSync(join(home.path, 'tasks', '1', 'spool', 'stdout'), 'utf8')).toBe('old\n');
    expect(home.events({ type: 'JournalRestored' }).map(({ data }) => data)).toEqual([
      { kept: 0, lost: { from: 1, to: events }, lastTask: 1, damaged: null },
    ]);
  });
});

describe('other things that lie in the way', () => {
  test('a lock that is none is named', async () => {
    await using home = new GhostHome();
    mkdirSync(home.path, { mode: 0o700 });
    const lock = join(home.path, 'lock.db');
    writeFileSync(lock, 'x'.repeat(1_000));
    expect(await answerTo(home, ['list'])).toEqual({
      status: 4,
      said: `${lock} is not a lock of ghost's`,
      next: `rm ${lock}`,
    });
  });

  test('a daemon.json that was cut off is no hindrance', async () => {
    await using home = new GhostHome();
    await home.ok(['list']);
    await home.killDaemon();
    writeFileSync(join(home.path, 'daemon.json'), '{"pid":');
    await home.ok(['list']);
    expect(daemonsOf(home)).toEqual([home.daemonPid()]);
  });

  test('a shell that is not there is named', async () => {
    await using home = new GhostHome();
    expect(await answerTo(home, ['run', 'true'], { env: { GHOST_SHELL: '/no/such/shell' } })).toEqual({
      status: 4,
      said: 'the shell /no/such/shell cannot be executed',
      next: 'set GHOST_SHELL to a POSIX shell, such as /bin/dash',
    });
    // It said so before it was gone.
    await until('no daemon is left', () => daemonsOf(home).length === 0);
  });
});

/** What ghost says where it can do nothing: one sentence, and what to type next. */
async function answerTo(
  home: GhostHome,
  words: readonly string[],
  { env = {} }: { env?: NodeJS.ProcessEnv } = {},
): Promise<{ readonly status: number | null; readonly said: string; readonly next: string }> {
  const { status, stdout, stderr } = await home.ghost(words, { env });
  const [, said = stderr, next = ''] = /^ghost: ([^A-Z].*[^.])\n {2}try: (.*)\n$/.exec(stdout + stderr) ?? [];
  return { status, said, next };
}

function changeLastEvent(path: string): void {
  const database = new Database(path);
  const triggers = database
    .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    .all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  database.exec('UPDATE events SET at = at + 1 WHERE seq = (SELECT max(seq) FROM events)');
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

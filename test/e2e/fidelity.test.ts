import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { type Caller, seenAsChild, seenAsTask } from '../support/two-ways.ts';

/**
 * What a task is given, byte for byte against what a child of the same caller is given. The subject stops itself,
 * whatever its arguments, and is looked at from outside.
 */
const subject = ['/bin/dash', '-c', 'kill -STOP $$', 'subject'];

/** An environment from lines of `NAME=value|NAME=value`. */
function pairs(...lines: readonly string[]): NodeJS.ProcessEnv {
  const entries = lines.flatMap((line) => line.split('|'));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** What has come apart in one shell or another: names that it drops, rewrites, adds to or keeps for itself. */
const environments: Readonly<Record<string, NodeJS.ProcessEnv>> = {
  'with names that are no identifiers, empty values and newlines': {
    'a-b': '1',
    '1X': 'one',
    'WEIRD.NAME': 'dots and spaces',
    'BASH_FUNC_f%%': '() {  echo from a function\n}',
    'sp ace': ' x ',
    'na\nme': 'newline in a name',
    größe: 'ä',
    EMPTY: '',
    'EMPTY-TOO': '',
    NEWLINE: 'a\n\nb\n',
    'NEW-LINE': '\n\ta\n\n',
    'QUO-TES': `'"\\\`$(echo no)$HOME\\n\\0101%b%s`,
    EQUALS: '=a=b=',
    TRAILING: 'x\\',
  },
  'with names that shells rewrite or keep for themselves': pairs(
    'IFS=abc|OPTIND=7|OPTERR=0|PPID=1|UID=77|EUID=78|SHLVL=7|LINENO=12|_=/under|PS1=one |PS2=two ',
    'PS4=four |RANDOM=4|SECONDS=9|COLUMNS=33|LINES=7|TERM=dumb|SHELLOPTS=braceexpand|BASHOPTS=cmdhist',
    'BASH_ENV=/nowhere/b|ENV=/nowhere/e|BASH=/b|CDPATH=/|HOSTNAME=h|MACHTYPE=m|MAIL=/m|MAILPATH=/mp',
    'HISTFILE=/h|FUNCNAME=f|POSIXLY_CORRECT=1|OLDPWD=/usr|GLOBIGNORE=*|TMOUT=1|DIRSTACK=/|GROUPS=0',
    'PIPESTATUS=3|EPOCHSECONDS=1',
  ),
  'with names of the shim, of ghost and of the dynamic loader': pairs(
    'ghost_shim_dir=/nowhere|ghost_shim_go=yes|ghost_shim_code=9|ghost_shim_other=x',
    'LD_LIBRARY_PATH=/nowhere|LD_BIND_NOW=1|LD_NOTHING=x|DYLD_NOTHING=y|TZ=UTC|NODE_OPTIONS=--no-warnings',
    'NODE_ENV=test|TZ_=x',
  ),
  'with a locale that is not installed': { LC_ALL: 'xx_YY.UTF-8', LANG: 'xx_YY', LC_NUMERIC: 'qq', LANGUAGE: 'xx' },
  'with a wrong PWD': { PWD: '/usr/bin' },
  'with a relative PWD and an empty PATH': { PWD: '.', PATH: '', OLDPWD: '', SHLVL: '', TERM: '' },
  'without any of what shells add': Object.fromEntries(
    ['PWD', 'OLDPWD', 'SHLVL', '_', 'TERM', 'PATH', 'HOME', 'LANG', 'USER', 'SHELL'].map((name) => [name, undefined]),
  ),
  'with a value of 100 KiB under a plain name and under a strange one': {
    HUGE: 'ä\n'.repeat(34_000),
    'HU-GE': 'b\\\n'.repeat(34_000),
  },
};

describe.for(['/bin/dash', '/bin/bash', '/usr/bin/busybox'])('under a shim in %s', (shell) => {
  let home: GhostHome;
  beforeAll(() => {
    home = new GhostHome({ env: { GHOST_SHELL: shell } });
  });
  afterAll(() => home[Symbol.asyncDispose]());

  test.for(Object.entries(environments))('a task in an environment %s has what a child has', async ([, env]) => {
    const { world } = await seenAsTask(home, subject, { env });
    expect(world).toEqual((await seenAsChild(home, subject, { env })).world);
    expect(world).toMatchObject({ leadsGroup: true, leadsSession: true });
  });

  test('a PWD that names the folder in another way is kept as it is', async () => {
    const link = join(home.work, 'link');
    symlinkSync(home.work, link);
    for (const PWD of [link, `${home.work}/`, `/${home.work}`, `${home.work}/.`, `${home.work}/../work`, '']) {
      const caller = { env: { PWD } };
      expect((await seenAsTask(home, subject, caller)).world).toEqual((await seenAsChild(home, subject, caller)).world);
    }
  });

  test('arguments of every kind, and a program named like an assignment, arrive as they were given', async () => {
    const program = join(home.work, 'a=b');
    symlinkSync('/bin/dash', program);
    const words = [
      '',
      ' ',
      'a\nb\n',
      '\n',
      '"',
      "'",
      "it's",
      '\\',
      '\\\\n',
      '\\0101',
      '$HOME',
      '`id`',
      '*',
      '?',
      '[a]',
      '~',
    ];
    const more = [
      '-n',
      '--',
      '-',
      '--help',
      '=',
      'a=b',
      '%s%b',
      '!',
      '#',
      ';',
      '&',
      '|',
      '>',
      'größe 日本 🎈',
      '\u0001\u001b',
      '',
    ];
    const command = ['./a=b', ...subject.slice(1), ...words, ...more, 'x'.repeat(131_000)];
    const { world } = await seenAsTask(home, command);
    expect(world).toEqual((await seenAsChild(home, command)).world);
    const onPath = { env: { PATH: `${home.work}:/usr/bin:/bin` } };
    const bare = ['a=b', ...command.slice(1)];
    expect((await seenAsTask(home, bare, onPath)).world).toEqual((await seenAsChild(home, bare, onPath)).world);
    const dashed = join(home.work, '-x');
    symlinkSync('/bin/dash', dashed);
    const named = ['-x', ...subject.slice(1)];
    expect((await seenAsTask(home, named, onPath)).world).toEqual((await seenAsChild(home, named, onPath)).world);
  });

  test('its umask, soft limit of open files and folder are the caller’s', async () => {
    const folder = join(home.work, ' new\nline "größe" ');
    mkdirSync(folder);
    for (const [umask, limit] of [
      ['000', '300'],
      ['077', '1024'],
    ]) {
      const script = { shell: '/bin/dash', lines: `umask ${umask}; ulimit -Sn ${limit}` };
      const caller: Caller = { script, cwd: folder };
      const { world } = await seenAsTask(home, subject, caller);
      expect(world).toEqual((await seenAsChild(home, subject, caller)).world);
      expect(world).toMatchObject({
        umask: `0${umask}`,
        openFilesSoftLimit: limit,
        cwd: Buffer.from(folder).toString('latin1'),
      });
    }
    const { world } = await seenAsTask(home, subject, { options: ['-C', folder] });
    expect(world.cwd).toBe(Buffer.from(folder).toString('latin1'));
  });

  test('values that are not UTF-8 arrive in their bytes', async () => {
    const lines = String.raw`export BYTES="$(printf 'a\377\376\n\200b')" IFS="$(printf '\303')" LATIN="$(printf 'gr\366\337e')"`;
    const caller: Caller = { script: { shell: '/bin/dash', lines } };
    const { world } = await seenAsTask(home, subject, caller);
    expect(world.environment).toContain('BYTES=a\xff\xfe\n\x80b');
    expect(world.environment).toContain('IFS=\xc3');
    expect(world).toEqual((await seenAsChild(home, subject, caller)).world);
  });

  test('it has the descriptors 0, 1 and 2 and no more, whatever its caller has open', async () => {
    await using home = new GhostHome({ env: { GHOST_SHELL: shell } });
    const lines = 'exec 3</dev/null 9>/dev/null 20</dev/zero 99>>/dev/null';
    const caller: Caller = { script: { shell: '/bin/bash', lines } };
    expect((await seenAsChild(home, subject, caller)).descriptors).toEqual(
      expect.arrayContaining([0, 1, 2, 3, 9, 20, 99]),
    );
    // The first one starts the daemon, which must not pass on what it was started with; the second meets it running.
    expect((await seenAsTask(home, subject, caller)).descriptors).toEqual([0, 1, 2]);
    expect((await seenAsTask(home, subject, caller)).descriptors).toEqual([0, 1, 2]);
  });
});

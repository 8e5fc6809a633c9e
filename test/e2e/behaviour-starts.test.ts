import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';

/** Makes a file of the test's folder executable, and gives its path. */
function script(home: GhostHome, name: string, text: string): string {
  const path = join(home.work, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

test('what cannot start is refused with the status that a shell would give, and the refusal is in the journal', async () => {
  await using home = new GhostHome();
  mkdirSync(join(home.work, 'folder'));
  writeFileSync(join(home.work, 'plain'), '#!/bin/sh\n');
  script(home, 'orphan', '#!/no/such/interpreter -x\n');
  script(home, 'windows', '#!/bin/sh\r\necho hi\r\n');
  symlinkSync('nowhere', join(home.work, 'dangling'));
  const refusals: readonly [readonly string[], number, string][] = [
    [['no-such-program'], 127, 'command-not-found'],
    [['./no-such-file'], 127, 'command-not-found'],
    [['./plain/below'], 127, 'command-not-found'],
    [['./dangling'], 127, 'command-not-found'],
    [['./folder'], 126, 'command-not-executable'],
    [['./plain'], 126, 'command-not-executable'],
    [['./orphan'], 126, 'command-not-executable'],
    [['./windows'], 126, 'command-not-executable'],
    [['/dev/null'], 126, 'command-not-executable'],
    [['-C', '/no/such/folder', 'true'], 1, 'cwd-not-usable'],
    [['-C', 'plain', 'true'], 1, 'cwd-not-usable'],
  ];
  for (const [index, [args, status]] of refusals.entries()) {
    const result = await home.ghost(['run', ...args]);
    expect(result, args.join(' ')).toMatchObject({ status, stdout: '' });
    expect(await home.task(index + 1)).toMatchObject({ state: 'failed', pid: null, exitCode: null });
  }
  expect(home.events({ type: 'TaskStartFailed' }).map(({ data }) => data['reason'])).toEqual(
    refusals.map(([, , reason]) => reason),
  );
  expect(home.events({ type: 'TaskSpawned' })).toEqual([]);
});

test('what no task could be made of is refused before there is one', async () => {
  await using home = new GhostHome();
  expect(await home.ghost(['run', ''])).toMatchObject({ status: 2, stdout: '' });
  expect(await home.ghost(['run'])).toMatchObject({ status: 2, stdout: '' });
  const mark = join(home.work, 'mark');
  const long = await home.ghost(['run', '-c', `touch ${mark} #${'x'.repeat(131_060)}`]).catch(String);
  // The kernel itself refuses so long a word, to ghost as to any program: execve(2).
  expect(long).toContain('E2BIG');
  expect(existsSync(mark)).toBe(false);
  expect(await home.ok(['list', '--all', '--json'])).toBe('[]');
});

test('a script without a first line that names its interpreter is run by the shell, as execvp does', async () => {
  await using home = new GhostHome();
  script(home, 'bare', 'echo "run by a shell with $# words"; exit 3\n');
  for (const env of [{}, { 'A-B': 'so that env is in between' }]) {
    const id = await home.run(['./bare', 'a', 'b c'], { env });
    expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 3 });
    expect(await home.ok(['log', String(id)])).toBe('run by a shell with 2 words');
  }
});

test('a program is found on the PATH of the caller, from its folder, past what is there and cannot be executed', async () => {
  await using home = new GhostHome();
  mkdirSync(join(home.work, 'first'));
  mkdirSync(join(home.work, 'second'));
  writeFileSync(join(home.work, 'first', 'tool'), 'no');
  script(home, 'second/tool', '#!/bin/sh\necho second\n');
  const id = await home.run(['tool'], { env: { PATH: 'first:second:/usr/bin:/bin' } });
  await home.ended(id);
  expect(await home.ok(['log', String(id)])).toBe('second');
  expect(await home.ghost(['run', 'tool'], { env: { PATH: 'first:/usr/bin' } })).toMatchObject({ status: 126 });
  expect(await home.ghost(['run', 'sh', '-c', 'true'], { env: { PATH: undefined } })).toMatchObject({ status: 0 });
});

test('a program that only the kernel finds unfit to start ends with the status of a shell', async () => {
  await using home = new GhostHome();
  // The interpreter's own interpreter: one look does not find that, the kernel does.
  script(home, 'inner', '#!/no/such/thing\n');
  script(home, 'outer', `#!${join(home.work, 'inner')}\n`);
  const id = await home.run(['./outer']);
  expect(await home.ended(id)).toMatchObject({ state: 'failed', exitCode: 127 });
});

test('an environment that is larger than the system takes is refused, with nothing started', async () => {
  await using home = new GhostHome();
  const result = await home.ghost(['run', 'true'], { env: { A: 'x'.repeat(120_000), B: 'y'.repeat(120_000) } });
  expect(result).toMatchObject({ status: 0 });
  const env = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`V${index}`, 'x'.repeat(120_000)]));
  const refused = await home.ghost(['run', 'true'], { env });
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  expect(refused.stderr).toContain('1048576');
  expect(home.events({ type: 'TaskSubmitted' })).toHaveLength(1);
});

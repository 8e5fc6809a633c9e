import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';

const ghost = `'${process.execPath}' '${join(root, 'bin', 'ghost.cjs')}'`;

test('a command substitution around `ghost run` returns while the task, and the daemon that it started, go on', async () => {
  await using home = new GhostHome();
  // Both the first command, which starts the daemon, and the second one, with more of the shell's pipes about.
  const script = `first=$(${ghost} run sleep 600 3>&1 9>&1) && second=$(${ghost} run sleep 600 2>&1 3>&1 | cat) && echo "$first $second"`;
  const { stdout, stderr } = await runProgram(['/bin/bash', '-c', script], { env: home.env, cwd: home.work });
  expect(stdout, stderr).toBe('1 2\n');
  for (const id of [1, 2]) expect(await home.task(id)).toMatchObject({ state: 'running' });
});

test('standard input is at its end, whatever the caller has there', async () => {
  await using home = new GhostHome();
  const id = await home.run(['sh', '-c', 'cat; read -r line || echo nothing; readlink /proc/self/fd/0'], {
    input: 'mine',
  });
  expect(await home.ended(id)).toMatchObject({ state: 'exited' });
  expect(await home.ok(['log', String(id)])).toBe('nothing\n/dev/null');
});

test('an argument that is not UTF-8 is refused by its place, and nothing is started', async () => {
  await using home = new GhostHome();
  const script = `exec ${ghost} run touch "$(printf 'mark\\377')"`;
  const result = await runProgram(['/bin/sh', '-c', script], { env: home.env, cwd: home.work });
  expect(result).toMatchObject({ status: 1, stdout: '' });
  expect(result.stderr).toContain('UTF-8');
  expect(await home.ok(['list', '--all', '--json'])).toBe('[]');
});

test('a U+FFFD that was really typed is passed on', async () => {
  await using home = new GhostHome();
  const id = await home.run(['printf', '%s', '\ufffd']);
  await home.ended(id);
  expect(await home.ok(['log', String(id)])).toBe('\ufffd');
});

test('the environment that a task gets is its own caller’s, not that of whoever started the daemon', async () => {
  await using home = new GhostHome();
  await home.run(['true'], { env: { ONLY_FIRST: '1', BOTH: 'first' } });
  const id = await home.run(['env'], { env: { BOTH: 'second' } });
  await home.ended(id);
  const lines = (await home.ok(['log', String(id)])).split('\n');
  expect(lines).toContain('BOTH=second');
  expect(lines.filter((line) => line.startsWith('ONLY_FIRST'))).toEqual([]);
});

test('no value of the environment stands in a command line that others can read', async () => {
  await using home = new GhostHome();
  await home.run(['sleep', '600'], { env: { 'SECRET-KEY': 'hush-a', SECRET: 'hush-b', IFS: 'hush-c' } });
  const { stdout } = await runProgram(['ps', '-eww', '-o', 'args=']);
  expect(stdout).toContain(home.path);
  expect(stdout).not.toMatch(/hush-[abc]/);
});

test('a caller whose folder is removed meanwhile is told so', async () => {
  await using home = new GhostHome();
  const script = `mkdir gone && cd gone && rmdir ../gone && exec ${ghost} run touch ../mark`;
  const result = await runProgram(['/bin/sh', '-c', script], { env: home.env, cwd: home.work });
  expect(result.status).toBe(1);
  expect(result.stderr).toContain('folder');
  expect(existsSync(join(home.work, 'mark'))).toBe(false);
});

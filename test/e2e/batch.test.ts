import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { until } from '../support/until.ts';

test('a batch starts a task for each line and prints the numbers in the order of the lines', async () => {
  await using home = new GhostHome();
  const file = join(home.work, 'jobs');
  const lines = Array.from({ length: 200 }, (_, index) =>
    index === 120
      ? '{"command":["no-such-program-at-all"]}'
      : JSON.stringify({ command: ['sh', '-c', `exit ${index}`] }),
  );
  writeFileSync(file, lines.join('\n'));
  const { status, stdout, stderr } = await home.ghost(['run', '--batch', file, '-t', 'many']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^ghost: line 121: .*no-such-program-at-all.*\n$/);
  const numbers = stdout.trimEnd().split('\n').map(Number);
  expect(numbers).toHaveLength(199);
  await home.ghost(['wait', ...numbers.map(String)]);
  const codes = new Map(
    home.events({ type: 'TaskExited' }).map(({ task, data }) => [task, (data['outcome'] as { code: number }).code]),
  );
  expect(numbers.map((number) => codes.get(number))).toEqual(
    Array.from({ length: 200 }, (_, index) => index).filter((index) => index !== 120),
  );
});

test('a daemon that is killed in the middle of a batch costs no task and starts none twice', async () => {
  await using home = new GhostHome();
  const file = join(home.work, 'jobs');
  const ledger = join(home.work, 'ledger');
  const count = 120;
  writeFileSync(file, Array.from({ length: count }, (_, index) => `echo ${index} >> ${ledger}`).join('\n'));
  const batch = home.begin(['run', '-c', '--batch', file]);
  for (const told of [10, 60]) {
    await until(`${told} numbers`, () => batch.stdout().split('\n').length > told);
    await home.killDaemon();
  }
  const { status, stdout, stderr } = await batch.ended;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const numbers = stdout.trimEnd().split('\n').map(Number);
  expect(new Set(numbers).size).toBe(count);
  await home.ghost(['wait', ...numbers.map(String)]);
  expect(await home.ok(['list', '--all', '--json']).then((json) => (JSON.parse(json) as unknown[]).length)).toBe(count);
  const written = (await home.ok(['run', '-f', 'cat', ledger])).split('\n').map(Number);
  expect(written.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
});

test('a batch on standard input is started line by line, and Ctrl-C says how many there were', async () => {
  await using home = new GhostHome();
  const batch = home.begin(['run', '-c', '--batch', '-'], { input: null });
  batch.child.stdin?.write('true\ntrue\n');
  await until('the numbers of both', () => batch.stdout() === '1\n2\n');
  batch.child.kill('SIGINT');
  expect(await batch.ended).toEqual({
    status: 130,
    signal: null,
    stdout: '1\n2\n',
    stderr: 'interrupted: 2 tasks were started and go on, nothing more is started; see them with: ghost list\n',
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { commandTable } from '../../src/cli/command-table.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { ghostOnPath } from '../support/ghost-on-path.ts';
import { runProgram } from '../support/run-program.ts';

/** What the examples speak of: task 42 and 43, a failed `build`, a program called python3 and a file of lines. */
async function furnish(home: GhostHome, { many }: { many: boolean }): Promise<NodeJS.ProcessEnv> {
  const env = ghostOnPath(home);
  writeFileSync(join(home.work, 'bin', 'python3'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
  writeFileSync(join(home.work, 'lines.txt'), 'echo one\necho two\n');
  const task = (place: number) => ({
    command: ['sh', '-c', `echo warn ${place}; echo panic; exit ${place % 2}`],
    name: place === 41 ? 'build' : `task-${place}`,
    tags: ['ci'],
    env: { API_TOKEN: 'secret' },
  });
  await home.ok(['list']);
  if (!many) return env;
  const lines = Array.from({ length: 43 }, (_, place) => JSON.stringify(task(place + 1)));
  await home.ok(['run', '--batch', '-'], { input: `${lines.join('\n')}\n` });
  await home.ghost(['wait']);
  return env;
}

/** These wait for the end of the task that they are about; the others find it running, however long they take. */
const waitForTheEnd = new Set(['wait', 'log', 'replay']);
/** What goes on for ever by itself is fine as long as it goes on. */
const goesOn = /^ghost audit .*(?:-f|--follow)\b/;

async function startLast(home: GhostHome, { name }: { name: string }): Promise<void> {
  const script = `echo starting; echo ready; sleep ${waitForTheEnd.has(name) ? 1 : 300}`;
  await home.run(['-n', 'web', '-t', 'nightly', '-e', 'API_TOKEN=secret', '--', 'sh', '-c', script]);
}

/** Where 1 is an answer: no line fits, two runs differ. */
const mayFindNothing = new Set(['grep', 'log', 'diff']);
/** What needs a terminal or stays: `daemon` is pasted below, `ui` where the screen is tested. */
const elsewhere = new Set(['daemon', 'ui']);

const pasted = commandTable.filter(({ name, examples }) => !elsewhere.has(name) && examples.length > 0);

test.for(pasted.map(({ name, examples }) => [name, examples] as const))(
  'the examples of ghost %s work when they are pasted',
  async ([name, examples]) => {
    await using home = new GhostHome();
    const many = examples.some(({ type }) => /\b4[123]\b|\bbuild\b/.test(type));
    const env = await furnish(home, { many });
    for (const { type } of examples) {
      if (/@last|\bweb\b/.test(type) && !type.startsWith('ghost run')) await startLast(home, { name });
      const shell = type.includes('fish') ? 'fish' : 'bash';
      const { status, stderr } = await runProgram(['timeout', goesOn.test(type) ? '5' : '60', shell, '-c', type], {
        env,
        cwd: home.work,
      });
      // What is a moment old was not there ten minutes ago: that is the right answer.
      if (type.includes('--at') && stderr.includes('was not there yet')) continue;
      const fine = status === (goesOn.test(type) ? 124 : 0) || (status === 1 && mayFindNothing.has(name));
      expect(fine ? '' : `${type} ended with ${status}: ${stderr}`).toBe('');
      expect(stderr).not.toMatch(/^ghost: /m);
    }
  },
);

test('the example of ghost daemon works when it is pasted', async () => {
  await using home = new GhostHome();
  const env = ghostOnPath(home);
  const script = 'ghost daemon & while ! ghost status >/dev/null 2>&1; do :; done; ghost shutdown; wait $!';
  expect(await runProgram(['timeout', '30', 'bash', '-c', script], { env, cwd: home.work })).toMatchObject({
    status: 0,
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { fillHostile, unwanted } from '../support/hostile.ts';
import { TestTerminal } from '../support/terminal.ts';

/** The title of what is not the table and not the log below it. */
const otherPage = /┌ (?!Tasks|Log)/;

/** What Ink and the shell's prompt send: the cursor, what is cleared, modes. No title, no clipboard, nothing else. */
const drawing = /\u001b\[[\d;?]*[A-Za-z]|\r/g;

test('no hostile text of a task reaches the terminal by way of the screen, on whatever page it is shown', async () => {
  await using home = new GhostHome();
  await fillHostile(home);
  await using terminal = await TestTerminal.open(home, { columns: 160, rows: 40, env: { NO_COLOR: '' } });
  const sent = join(home.work, 'sent');
  await terminal.tmux('pipe-pane', '-o', `cat >> ${sent}`);
  await terminal.command('ghost ui');
  await terminal.sees('owned');
  // Up to the first task, each with its log.
  await terminal.press('up', 'up', 'up');
  // What there is to know of a task, what happened, the past, the keys.
  for (const key of ['i', 'h', 'a', '?']) {
    await terminal.press(key);
    await terminal.sees(otherPage);
    await terminal.press('esc');
    await terminal.misses(otherPage);
  }
  // To run something in the folder of a task, with what was run before.
  await terminal.press('r');
  await terminal.sees('┌ Run');
  await terminal.press('up');
  await terminal.press('tab', 'tab', 'tab');
  await terminal.leave('┌ Run');
  await terminal.press('/');
  await terminal.type('x\u202e\u2028end');
  await terminal.sees(/^ filter +x.*end/m);
  await terminal.press('enter');
  await terminal.sees('filter: x');
  const bytes = Buffer.from(readFileSync(sent, 'utf8').replaceAll(drawing, ''));
  expect(bytes.length).toBeGreaterThan(1_000);
  expect(unwanted({ words: ['ui'], bytes })).toEqual([]);
});

test('a search that takes for ever is given up by the screen, and keys are read again', async () => {
  await using home = new GhostHome();
  await home.run(['sh', '-c', 'echo first; printf "%060d" 0 | tr 0 a; echo b; echo last']);
  await using terminal = await TestTerminal.open(home, { columns: 100, rows: 24 });
  await terminal.command('ghost ui');
  await terminal.sees('last');
  await terminal.press('tab', '/');
  await terminal.type('(a+)+$');
  await terminal.press('enter');
  await terminal.sees('takes too long here');
  await terminal.press('/');
  await terminal.type('first');
  await terminal.press('enter');
  expect(await terminal.sees(/1 of 1|1\/1/)).toContain('first');
});

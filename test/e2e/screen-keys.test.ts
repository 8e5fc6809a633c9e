import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { keyTable } from '../../src/ui/key-table.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { TestTerminal } from '../support/terminal.ts';

/** A task that says something five times a second until it is ended. */
const talker = 'i=0; while :; do i=$((i+1)); echo "said $i"; sleep 0.2; done';

test.for([
  [60, 15],
  [140, 40],
] as const)('every key does what the help says of it, at %dx%d', { timeout: 120_000 }, async ([columns, rows]) => {
  await using home = new GhostHome({ env: { SHELL: '/bin/sh' } });
  await home.run(['-n', 'numbers', '--', 'seq', '1', '5000']);
  await home.run(['-n', 'talker', '--', 'sh', '-c', talker]);
  await home.run(['-n', 'three', '--', 'sh', '-c', 'exit 3']);
  await home.ended('three');
  await using terminal = await TestTerminal.open(home, { columns, rows });
  await terminal.command('ghost');
  await terminal.sees('Tasks 1/3');

  await moving(terminal);
  await logs(terminal);
  await searching(terminal);
  await pages(terminal, rows);
  await tasks(terminal);
  await past(terminal);
  await files(terminal, home);
  await daemon(terminal);

  await terminal.press('ctrl-z');
  await terminal.sees('Stopped');
  await terminal.command('fg');
  await terminal.sees('Tasks');
  await terminal.press('q');
  await terminal.misses('Tasks');
  await terminal.command('ghost ui');
  await terminal.sees('Tasks');
  await terminal.press('ctrl-c');
  await terminal.misses('Tasks');
  const unpressed = keyTable.flatMap(({ keys }) => keys).filter((key) => !terminal.pressed.has(key));
  expect(unpressed, 'keys of the table that this test never pressed').toEqual([]);
});

async function moving(terminal: TestTerminal): Promise<void> {
  for (const [key, place] of [
    ['down', '2/3'],
    ['j', '3/3'],
    ['up', '2/3'],
    ['g', '1/3'],
    ['G', '3/3'],
    ['home', '1/3'],
    ['end', '3/3'],
    ['pageup', '1/3'],
    ['pagedown', '3/3'],
  ] as const) {
    await terminal.press(key);
    await terminal.sees(`Tasks ${place}`);
  }
}

async function logs(terminal: TestTerminal): Promise<void> {
  await terminal.press('up');
  await terminal.sees('Log of 2');
  await terminal.press('enter');
  await terminal.sees('Log of 2 (follow)');
  await terminal.press('tab', 'up');
  await terminal.misses('(follow)');
  await terminal.sees(/Log of 2 · \d+ new lines?/);
  await terminal.press('enter');
  await terminal.sees('Log of 2 (follow)');
  await terminal.press('T');
  await terminal.sees(/\d\d:\d\d:\d\d\.\d\d\d out said \d+/);
  await terminal.press('T');
  await terminal.misses(' out said');
  await terminal.press('l');
  await terminal.misses('Log of');
  await terminal.press('l', 'enter');
  await terminal.sees('Log of 2');
  await terminal.press('G');
  await terminal.sees('Log of 1 (complete)');
  await terminal.press('tab', 'W', 'g');
  await terminal.sees(/│ 1 +│\n│ 2 +│/);
  await terminal.press('pagedown', 'pageup', 'down');
  await terminal.sees(/─┐\n│ 2 +│/);
  await terminal.press('G');
  await terminal.sees('│ 5000 ');
  await terminal.press('W');
}

async function searching(terminal: TestTerminal): Promise<void> {
  await terminal.press('/');
  await terminal.type('49[0-2]$');
  await terminal.press('enter');
  await terminal.sees('15 of 15');
  await terminal.sees('│›4492 ');
  await terminal.press('n');
  await terminal.sees('│›490 ');
  await terminal.press('n');
  await terminal.sees('2 of 15');
  await terminal.press('N');
  await terminal.sees('1 of 15');
  await terminal.press('/');
  await terminal.type('(');
  await terminal.press('enter');
  await terminal.sees('is no regular');
  await terminal.leave('is no regular');
  await terminal.leave('of 15');
  await terminal.press('tab', '/');
  await terminal.type('exit:3');
  await terminal.sees('Tasks 1/1 · filter: exit:3');
  await terminal.type(' state:runing');
  await terminal.sees('no state');
  await terminal.press('esc');
  await terminal.sees('/3');
}

async function pages(terminal: TestTerminal, rows: number): Promise<void> {
  await terminal.press('g', 'i');
  await terminal.sees('┌ Task 3');
  await terminal.sees('failed 3');
  await terminal.press('q', '?');
  await terminal.sees('┌ Keys');
  await terminal.press('pagedown');
  await terminal.leave('┌ Keys');
  await terminal.press('a');
  await terminal.sees('┌ Audit (follow)');
  // Only where there is more than fits is there anything to scroll.
  if (rows < 20) {
    await terminal.press('up');
    await terminal.misses('(follow)');
  }
  await terminal.press('q', 'h');
  await terminal.sees('History 1/3');
  await terminal.press('/');
  await terminal.type('name:numbers');
  await terminal.press('enter');
  await terminal.sees('History 1/1 · name:numbers');
  await terminal.press('enter');
  await terminal.sees('Log of 1');
}

async function tasks(terminal: TestTerminal): Promise<void> {
  await terminal.press('s');
  await terminal.sees('task 1 has ended already');
  await terminal.press('r');
  await terminal.sees('┌ Run');
  await terminal.type("echo 'open");
  await terminal.press('enter');
  await terminal.sees("! the quote ' is not closed");
  await terminal.type("' quoted");
  await terminal.press('tab');
  await terminal.type('mine');
  await terminal.press('enter');
  await terminal.sees('Log of 4');
  await terminal.sees('│ open quoted');
  await terminal.press('r', 'up');
  await terminal.sees('Command  echo open quoted');
  await terminal.leave('┌ Run');
  await terminal.press('R');
  await terminal.sees('Log of 5');
  // The talker: waited for, and stopped.
  await terminal.press('/');
  await terminal.type('name:talker');
  await terminal.press('enter');
  await terminal.sees('Log of 2');
  await terminal.press('w');
  await terminal.sees('♪');
  await terminal.press('s');
  await terminal.sees('task 2 ended by SIGTERM');
  await terminal.press('R');
  await terminal.sees('Log of 6');
  await terminal.press('R');
  await terminal.sees('! task 6 ');
  await terminal.press('down');
  await terminal.sees('Log of 2');
  await terminal.press('R');
  await terminal.sees('Log of 7');
  await terminal.press('space', 'space', 's');
  await terminal.sees('Stop 2 tasks: 6, 7?');
  await terminal.press('n');
  await terminal.misses('Sure?');
  await terminal.leave('marked');
  await terminal.press('g', 'k');
  await terminal.sees('task 7 killed');
  await terminal.press('esc');
  await terminal.sees('/7');
}

async function past(terminal: TestTerminal): Promise<void> {
  await terminal.press('<');
  await terminal.sees('PAST');
  const newest = Number(/seq \d+ of (\d+)/.exec(await terminal.screen())?.[1]);
  await terminal.press(',');
  await terminal.sees(`seq ${newest - 2} of`);
  await terminal.press('>');
  await terminal.sees(`seq ${newest - 1} of`);
  await terminal.press('.');
  await terminal.sees(`seq ${newest} of`);
  await terminal.press('<', '<');
  await terminal.sees(`seq ${newest - 2} of`);
  await terminal.press('r');
  await terminal.sees('nothing changes');
  await terminal.press('t');
  await terminal.type('seq:4');
  await terminal.press('enter');
  await terminal.sees('seq 4 of');
  await terminal.sees('Tasks 1/1');
  await terminal.press('+', '=');
  await terminal.sees('×60');
  await terminal.press('-', '+', '+', '+', 'space');
  await terminal.sees('▶');
  // It plays to the newest event, and it is now again.
  await terminal.misses('PAST');
  await terminal.press('t');
  await terminal.type('tomorow');
  await terminal.press('enter');
  await terminal.sees('is no time');
  await terminal.leave('is no time');
  await terminal.press('<');
  await terminal.sees('PAST');
  await terminal.leave('PAST');
}

async function files(terminal: TestTerminal, home: GhostHome): Promise<void> {
  await terminal.press('g', 'e');
  await terminal.sees('task-7.cast');
  await terminal.press('enter');
  await terminal.sees('the recording is in');
  const file = join(home.work, 'task-7.cast');
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file, 'utf8').split('\n')[0]).toContain('"version":3');
  await terminal.press('c');
  await terminal.sees('copied');
}

async function daemon(terminal: TestTerminal): Promise<void> {
  await terminal.press('d');
  await terminal.sees('Shut the daemon down?');
  await terminal.press('y');
  await terminal.sees('Connection lost');
  await terminal.press('r');
  await terminal.misses('Connection lost');
  await terminal.sees('Tasks 1/7');
}

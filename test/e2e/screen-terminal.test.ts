import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome, isAlive } from '../support/ghost-home.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';
import { TestTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

/** Everything that a terminal could be broken with, between two lines that are to be seen. */
const nasty = [
  'before \\033[31mred\\033[0m after',
  '\\033]0;stolen title\\007\\033[2J\\033[5;5Hmoved \\007bell',
  '\\033[?1049l\\033[?25h\\033c\\033(0 line drawing',
  '\\302\\2332J 8-bit \\342\\200\\256turned',
  'tab\\there \\346\\227\\245\\346\\234\\254 \\360\\237\\221\\215 \\331\\205\\330\\261',
  '\\033P1;2|payload\\033\\\\\\033_app\\033\\\\end',
  'last line',
].join('\\n');

const size = { columns: 100, rows: 24 };

test('nothing that a task prints breaks the screen, and its colours stay', async () => {
  await using home = new GhostHome();
  await home.run(['--', 'printf', `${nasty}\n`]);
  await using terminal = await TestTerminal.open(home, { ...size, env: { NO_COLOR: '' } });
  const title = await terminal.fact('pane_title');
  await terminal.command('ghost ui');
  const seen = await terminal.sees('last line');
  const lines = seen.replace(/\n$/, '').split('\n');
  expect(lines).toHaveLength(size.rows);
  expect(seen).toContain('before red after');
  expect(seen).toContain('moved \\x07bell');
  expect(seen).toContain('8-bit \\u{202e}turned');
  expect(seen).toContain('tab     here 日本 👍');
  expect(seen).toContain('│ end');
  const log = lines.slice(lines.findIndex((line) => line.startsWith('┌ Log')) + 1, -2);
  for (const line of log) expect(line).toMatch(/^│ .* │$/);
  expect(await terminal.screen({ looks: true })).toMatch(/\u001b\[31mred/);
  expect(await terminal.fact('pane_title')).toBe(title);
  expect([await terminal.fact('alternate_on'), await terminal.fact('cursor_flag')]).toEqual(['1', '0']);
  await terminal.press('q');
});

test('a line of a megabyte and a log without end are shown at once', async () => {
  await using home = new GhostHome();
  await home.run([
    '-c',
    'head -c 1000000 /dev/zero | tr "\\0" x; echo; echo after; yes "one more line" | head -c 20000000; echo; echo the end',
  ]);
  await home.ended(1);
  await using terminal = await TestTerminal.open(home, size);
  await terminal.command('ghost ui');
  await terminal.sees('│ the end');
  await terminal.press('tab', 'g');
  await terminal.sees(/│ x{95}› │/);
  await terminal.press('G');
  expect(await terminal.sees('│ the end')).toContain('│ one more line');
});

test('the screen follows the size of its terminal', async () => {
  await using home = new GhostHome();
  await home.run(['--', 'echo', 'x'.repeat(300)]);
  await using terminal = await TestTerminal.open(home, { columns: 80, rows: 24 });
  await terminal.command('ghost ui');
  await terminal.sees('Log of 1');
  for (const [columns, rows] of [
    [60, 15],
    [250, 80],
    [100, 30],
    [61, 16],
  ] as const) {
    await terminal.resize(columns, rows);
    await until(`the frame is ${columns}x${rows}`, async () => {
      const lines = (await terminal.screen()).replace(/\n$/, '').split('\n');
      const [first = '', table = ''] = lines;
      const hints = lines.at(-1) ?? '';
      return (
        lines.length === rows && first.startsWith(' ghost') && table.length === columns && hints.includes('q quit')
      );
    });
  }
  await terminal.resize(30, 8);
  await terminal.sees('too small');
  await terminal.resize(80, 24);
  expect(await terminal.sees('Log of 1')).toContain('q quit');
});

interface Leaving {
  readonly by: string;
  readonly leave: (terminal: TestTerminal) => Promise<unknown>;
  readonly status: number;
}

const signalled = (signal: NodeJS.Signals) => async (terminal: TestTerminal) =>
  process.kill(await terminal.screenPid(), signal);

const leavings: readonly Leaving[] = [
  { by: 'q', leave: (terminal) => terminal.press('q'), status: 0 },
  { by: 'Ctrl-C', leave: (terminal) => terminal.press('ctrl-c'), status: 0 },
  { by: 'SIGTERM', leave: signalled('SIGTERM'), status: 143 },
  { by: 'SIGHUP', leave: signalled('SIGHUP'), status: 129 },
];

test.for(leavings)('$by leaves the terminal as it was', async ({ leave, status }) => {
  await using home = new GhostHome();
  await using terminal = await TestTerminal.open(home, size);
  const before = await terminalState(terminal);
  await terminal.command('ghost ui; echo "status $?"');
  await terminal.sees('no tasks to show');
  expect(await terminal.fact('alternate_on')).toBe('1');
  await leave(terminal);
  await terminal.sees(`status ${status}`);
  await isAsBefore(terminal, before);
});

test('a screen that breaks leaves the terminal as it was, and says what broke it', async () => {
  await using home = new GhostHome();
  await using terminal = await TestTerminal.open(home, size);
  const before = await terminalState(terminal);
  const breaker = join(home.work, 'break.mjs');
  writeFileSync(breaker, "process.on('SIGUSR2', () => { throw new Error('broken on purpose'); });\n");
  await terminal.command(`NODE_OPTIONS="--import ${breaker}" ghost ui; echo "status $?"`);
  await terminal.sees('no tasks to show');
  process.kill(await terminal.screenPid(), 'SIGUSR2');
  const seen = await terminal.sees('status 1');
  expect(seen).toContain('ghost: something unexpected went wrong: broken on purpose');
  expect(seen).not.toContain('    at ');
  await isAsBefore(terminal, before);
});

test('it is stopped and continued like any program', async () => {
  await using home = new GhostHome();
  await using terminal = await TestTerminal.open(home, size);
  const before = await terminalState(terminal);
  await terminal.command('ghost ui');
  await terminal.sees('no tasks to show');
  await terminal.press('ctrl-z');
  await terminal.sees('Stopped');
  await isAsBefore(terminal, before);
  await home.run(['true']);
  await terminal.command('fg');
  await terminal.sees('Tasks 1/1');
  expect(await terminal.fact('alternate_on')).toBe('1');
  await terminal.press('?');
  await terminal.sees('┌ Keys');
});

test('a daemon that is killed is told, and a new one goes on where it was', async () => {
  await using home = new GhostHome();
  await home.run(['--', 'sleep', '600']);
  await using terminal = await TestTerminal.open(home, size);
  await terminal.command('ghost ui');
  await terminal.sees('Tasks 1/1');
  const { pid } = JSON.parse(await home.ok(['status', '--json'])) as { readonly pid: number };
  process.kill(pid, 'SIGKILL');
  await terminal.sees('Connection lost');
  await until('the daemon is gone', () => !isAlive(pid));
  // The task ends while nobody looks: the new daemon finds that, and the screen shows it.
  const [task] = home.events({ type: 'TaskStarted' });
  const started = task?.data['identity'] as { readonly pid: number };
  process.kill(started.pid, 'SIGKILL');
  await until('the task is gone', () => !isAlive(started.pid));
  await terminal.press('r');
  await terminal.sees(/1 +│.*killed/);
  await terminal.press('r');
  await terminal.type('echo works again');
  await terminal.press('enter');
  expect(await terminal.sees('│ works again')).toContain('Tasks 1/2');
});

test('a task that is waited for rings once when it ends', async () => {
  await using home = new GhostHome();
  const gate = join(home.work, 'gate');
  await runProgram(['mkfifo', gate]);
  await home.run(['--', 'sh', '-c', `read line < ${gate}; exit 4`]);
  await using terminal = await TestTerminal.open(home, size);
  await terminal.tmux('set-option', '-g', 'monitor-bell', 'on');
  await terminal.tmux('set-hook', '-g', 'alert-bell', `run-shell "echo rang >> ${join(home.work, 'rung')}"`);
  await terminal.tmux('set-option', '-g', 'bell-action', 'any');
  await terminal.command('ghost ui');
  await terminal.sees('Tasks 1/1');
  await terminal.press('w');
  await terminal.sees('♪');
  writeFileSync(gate, 'go\n');
  await terminal.sees('task 1 exited with 4');
  await terminal.misses('♪');
  await until('it rang', () => existsSync(join(home.work, 'rung')));
  expect(readFileSync(join(home.work, 'rung'), 'utf8')).toBe('rang\n');
});

test('without a terminal it says so in one line and ends with 2', async () => {
  await using home = new GhostHome();
  const { status, stdout, stderr } = await home.ghost(['ui']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^ghost: the screen needs a terminal[^\n]*\n$/);
  const alone = await home.ghost([]);
  expect([alone.status, alone.stdout]).toEqual([0, `${await home.ok(['help'])}\n`]);
});

/** The shell takes the terminal back a moment after it has said how the program ended. */
async function isAsBefore(terminal: TestTerminal, before: readonly string[]): Promise<void> {
  let now: readonly string[] = [];
  await until('the terminal is as it was', async () => {
    now = await terminalState(terminal);
    return now.join('\n') === before.join('\n');
  }).catch(() => undefined);
  expect(now).toEqual(before);
}

/** What a program could leave changed. */
async function terminalState(terminal: TestTerminal): Promise<readonly string[]> {
  const shell = await terminal.fact('pane_tty');
  await until('the shell has the terminal', async () => (await terminal.fact('alternate_on')) === '0');
  const facts = ['alternate_on', 'cursor_flag', 'insert_flag', 'keypad_flag', 'mouse_any_flag', 'pane_title'];
  const seen = await Promise.all(facts.map(async (name) => `${name} ${await terminal.fact(name)}`));
  // stty(1): the modes of the line discipline, as the shell leaves them to the programs that it starts.
  const modes = await runProgram(['stty', '-F', shell, '-a']);
  return [...seen, modes.stdout];
}

test("what is typed while the screen ends is the shell's", async () => {
  await using home = new GhostHome();
  await home.run(['true']);
  const heldEnd = join(root, 'test', 'fixtures', 'held-end.cjs');
  await using terminal = await TestTerminal.open(home, { ...size, env: { NODE_OPTIONS: `--require ${heldEnd}` } });
  await terminal.command('ghost ui');
  await terminal.sees('Tasks');
  await terminal.press('q');
  await until('the screen is left', async () => (await terminal.fact('alternate_on')) === '0');
  await terminal.command('echo "typed $((20 + 3))"');
  expect(await terminal.sees(/^typed 23$/m)).not.toContain('Tasks');
});

import { render } from 'ink-testing-library';
import { afterEach, expect, test } from 'vitest';

import { widthMax } from '../../src/ui/dialog-view.tsx';
import { knownFrom } from '../../src/ui/known-tasks.ts';
import { emptyWindow, withChunk } from '../../src/ui/log-window.ts';
import { columnsMin, rowsMin } from '../../src/ui/screen-layout.ts';
import type { ScreenChange } from '../../src/ui/screen-reducer.ts';
import { initialLog, initialScreen } from '../../src/ui/screen-state.ts';
import { ScreenStore } from '../../src/ui/screen-store.ts';
import { Screen } from '../../src/ui/screen.tsx';
import { until } from '../support/until.ts';
import { saidBy } from './log-chunks.ts';
import { tasksNumbered } from './made-tasks.ts';

// The library's terminal has 100 columns; nothing of Ink's own reads its rows.
const size = { columns: 100, rows: 24 };
const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

function screenAfter(changes: readonly ScreenChange[], { count = 3 }: { readonly count?: number } = {}) {
  const store = new ScreenStore(initialScreen({ size, nowMs: Date.UTC(2026, 10, 22, 14, 6) }));
  const keys: string[] = [];
  const pasted: string[] = [];
  store.dispatch({ type: 'connected', known: knownFrom(tasksNumbered(count)) });
  for (const change of changes) store.dispatch(change);
  const screen = render(
    <Screen
      store={store}
      colour={false}
      place={{ shell: '/bin/sh', home: null }}
      onKey={(key) => keys.push(key)}
      onPaste={(text) => pasted.push(text)}
      onHandOver={() => undefined}
    />,
  );
  undo.push(
    () => screen.unmount(),
    () => store[Symbol.dispose](),
  );
  const lines = (): readonly string[] => (screen.lastFrame() ?? '').replaceAll(/\u001b\[[\d;]*m/g, '').split('\n');
  const sees = async (text: string): Promise<unknown> =>
    await until(`the screen shows ${text}`, () => lines().join('\n').includes(text));
  return { store, screen, keys, pasted, lines, sees };
}

const logOf = (text: string) => ({
  ...initialLog,
  task: 3,
  window: saidBy([['stdout', text]]).reduce(withChunk, emptyWindow),
});

test('the frame has exactly the terminal, the tasks newest first, and the counts', () => {
  const { lines } = screenAfter([]);
  expect(lines()).toHaveLength(24);
  expect(Math.max(...lines().map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(lines()[0]).toContain('2 running  1 exited');
  expect(
    lines()
      .filter((line) => /sleep \d/.test(line))
      .map((line) => /sleep (\d)/.exec(line)?.[1]),
  ).toEqual(['3', '2', '1']);
  expect(lines().find((line) => line.includes('sleep 3'))).toContain('›');
});

test('colours do not carry meaning alone: without them states and the selection are still there', () => {
  const { screen } = screenAfter([]);
  expect(screen.lastFrame()).not.toMatch(/\u001b\[3\d/);
  expect(screen.lastFrame()).toContain('running');
});

test('two thousand tasks are drawn as far as they are seen', async () => {
  const { lines, store, sees } = screenAfter([], { count: 2_000 });
  expect(lines()).toHaveLength(24);
  store.dispatch({ type: 'moved', by: Number.MAX_SAFE_INTEGER });
  await sees('2000/2000');
  expect(lines().find((line) => line.includes('›'))).toContain('sleep 1 ');
});

test('wide characters keep the frame straight', () => {
  const { lines } = screenAfter([{ type: 'log', change: logOf('日本語 👍 مرحبا\n') }]);
  const line = lines().find((one) => one.includes('日本語'));
  expect(line?.endsWith(' │')).toBe(true);
});

test('the page of keys, a question, a prompt with its problem and a message are drawn over it', async () => {
  const { lines, store, sees } = screenAfter([{ type: 'page', page: { kind: 'help', top: 0 } }]);
  expect(lines()[1]).toContain('Keys');
  store.dispatch({ type: 'page', page: null });
  store.dispatch({
    type: 'dialog',
    dialog: { kind: 'confirm', question: ['Stop 2 tasks: 1, 2?'], intent: { kind: 'stop', tasks: [1, 2] } },
  });
  await sees('Stop 2 tasks: 1, 2?');
  const field = { text: 'exit:x', caret: 6 };
  const prompt = { kind: 'prompt', asks: 'filter', field, problem: 'no number', busy: false } as const;
  store.dispatch({ type: 'dialog', dialog: prompt });
  await sees('no number');
  expect(lines()[23]).toMatch(/filter\s+exit:x .*no number/);
  store.dispatch({ type: 'dialog', dialog: { ...prompt, asks: 'export', problem: null, busy: true } });
  await sees('writing…');
  store.dispatch({ type: 'toasted', toast: { id: 1, text: 'task 2 has ended already', tone: 'bad' } });
  await sees('! task 2 has ended already');
});

test('a lost connection is a message over the screen, which stays to be seen', () => {
  const { lines } = screenAfter([{ type: 'lost', why: 'no daemon is running' }]);
  const text = lines().join('\n');
  expect(text).toContain('Connection lost');
  expect(text).toContain('no daemon is running');
  expect(text).toContain('sleep 1');
});

test('keys that come at once are keys one by one, and a paste is none', async () => {
  const { screen, keys, pasted } = screenAfter([]);
  await until('keys are listened for', () => screen.stdin.listenerCount('readable') > 0);
  screen.stdin.write('jj');
  screen.stdin.write('\u001b[B');
  screen.stdin.write('\u001b[6~');
  screen.stdin.write(' ');
  screen.stdin.write('\t');
  screen.stdin.write('\r');
  screen.stdin.write('\u0003');
  screen.stdin.write('\u001b[200~k k\u001b[201~');
  await until('all of it came', () => pasted.length > 0);
  expect(keys).toEqual(['j', 'j', 'down', 'pagedown', 'space', 'tab', 'enter', 'ctrl-c']);
  expect(pasted).toEqual(['k k']);
});

test('a terminal that is too small says so, and the smallest one has everything', () => {
  const tooSmall = [
    [columnsMin - 1, rowsMin],
    [columnsMin, rowsMin - 1],
  ] as const;
  for (const [columns, rows] of tooSmall) {
    const { lines } = screenAfter([{ type: 'resized', size: { columns, rows } }]);
    expect(lines()[0]).toContain(`too small: ${columnsMin}x${rowsMin} at least`);
  }
  const { lines } = screenAfter([{ type: 'resized', size: { columns: columnsMin, rows: rowsMin } }]);
  expect(lines()).toHaveLength(rowsMin);
  expect(Math.max(...lines().map((line) => line.length))).toBeLessThanOrEqual(columnsMin);
  expect(lines().find((line) => line.includes('›'))).toContain('sleep 3');
});

test('a dialog is as wide as the terminal lets it be, and no wider than can be read well', () => {
  const widthOn = (columns: number): number => {
    const confirm = { kind: 'confirm', question: ['Sure?'], intent: { kind: 'stop', tasks: [1] } } as const;
    const { lines } = screenAfter([
      { type: 'resized', size: { columns, rows: 24 } },
      { type: 'dialog', dialog: confirm },
    ]);
    const top = lines().find((line) => line.includes(' Sure? '));
    return /\S─* Sure\? ─*\S/.exec(top ?? '')?.[0].length ?? 0;
  };
  const margins = 4;
  expect(widthOn(widthMax + margins - 1)).toBe(widthMax - 1);
  expect(widthOn(widthMax + margins)).toBe(widthMax);
  expect(widthOn(widthMax + margins + 1)).toBe(widthMax);
});

import { expect, test } from 'vitest';

import type { Task } from '../../src/projections/task.ts';
import { knownFrom } from '../../src/ui/known-tasks.ts';
import { initialScreen } from '../../src/ui/screen-state.ts';
import { ScreenStore } from '../../src/ui/screen-store.ts';
import { TaskActions, clipboardBytesMax } from '../../src/ui/task-actions.ts';
import { tasksNumbered } from './made-tasks.ts';
import { stubContext } from './stub-context.ts';

/** Presses the key for the clipboard with a task selected whose command line has so many bytes. */
function copied(bytes: number): { readonly sequences: readonly string[]; readonly said: readonly string[] } {
  const { seq, tasks } = tasksNumbered(1);
  const command = ['e', 'x'.repeat(bytes - 2)];
  using store = new ScreenStore(initialScreen({ size: { columns: 100, rows: 24 }, nowMs: 0 }));
  store.dispatch({
    type: 'connected',
    known: knownFrom({ seq, tasks: tasks.map((task): Task => ({ ...task, command })) }),
  });
  const context = stubContext(store);
  new TaskActions(context).copy();
  const { sequences, said } = context;
  return { sequences, said };
}

test('a command line that just fits goes into the clipboard whole', () => {
  const { sequences, said } = copied(clipboardBytesMax);
  const [, text = ''] = /^\u001b\]52;c;(.*)\u0007$/.exec(sequences.join('')) ?? [];
  expect(Buffer.from(text, 'base64').toString()).toBe(`e ${'x'.repeat(clipboardBytesMax - 2)}`);
  expect(said.join('')).toMatch(/^copied, where the terminal allows it: e xxx/);
});

test('one that is a byte longer is refused in words, and nothing is written to the terminal', () => {
  expect(copied(clipboardBytesMax + 1)).toEqual({ sequences: [], said: ['the command line is too long to copy'] });
});

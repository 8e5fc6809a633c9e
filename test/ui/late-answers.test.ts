import { afterEach, expect, test } from 'vitest';

import { GhostError } from '../../src/ghost-error.ts';
import { DialogKeyboard } from '../../src/ui/dialog-keyboard.ts';
import type { KeyServants } from '../../src/ui/key-servants.ts';
import { knownFrom, viewOf } from '../../src/ui/known-tasks.ts';
import { openRunDialog, withField } from '../../src/ui/run-dialog.ts';
import { type Dialog, initialScreen } from '../../src/ui/screen-state.ts';
import { ScreenStore } from '../../src/ui/screen-store.ts';
import { TaskExport } from '../../src/ui/task-export.ts';
import { TaskStarter } from '../../src/ui/task-starter.ts';
import { fieldOf } from '../../src/ui/text-field.ts';
import { tasksNumbered } from './made-tasks.ts';
import { stubClient, stubContext } from './stub-context.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

const refusal = new GhostError('command-not-found', 'there is no such command');
const prompt = (asks: 'export' | 'filter', text: string): Extract<Dialog, { kind: 'prompt' }> => ({
  kind: 'prompt',
  asks,
  field: fieldOf(text),
  problem: null,
  busy: false,
});
const filter = prompt('filter', 'state:fai');

/** A screen whose questions are answered when the test says. */
function slowScreen() {
  const store = new ScreenStore(initialScreen({ size: { columns: 100, rows: 24 }, nowMs: 0 }));
  undo.push(() => store[Symbol.dispose]());
  store.dispatch({ type: 'connected', known: knownFrom(tasksNumbered(1)) });
  const runs: PromiseWithResolvers<void>[] = [];
  const exports: PromiseWithResolvers<void>[] = [];
  const files: string[] = [];
  const client = stubClient({
    run: async () => {
      const answer = Promise.withResolvers<void>();
      runs.push(answer);
      await answer.promise;
      const [task] = tasksNumbered(1).tasks;
      if (task === undefined) throw new Error('there is a task');
      return { ...viewOf(task), id: 7 };
    },
  });
  const context = stubContext(store, {
    client: () => client,
    world: {
      exportCast: async (_, { file }) => {
        files.push(file);
        const answer = Promise.withResolvers<void>();
        exports.push(answer);
        await answer.promise;
      },
    },
  });
  const show = (dialog: Dialog | null): void => store.dispatch({ type: 'dialog', dialog });
  const starter = new TaskStarter(context);
  const exporter = new TaskExport(context);
  return { store, show, starter, exporter, runs, exports, files, said: context.said, context };
}

const runDialog = withField(openRunDialog({ folder: '/' }), fieldOf('true'));

test.for([
  ['another is typed in', filter],
  ['it was left', null],
] as const)('the answer to the run dialog leaves what is open alone where %s', async ([, then]) => {
  const { store, show, starter, runs, said } = slowScreen();
  show(runDialog);
  const started = starter.submit();
  show(then);
  runs[0]?.resolve();
  await started;
  expect(store.state).toMatchObject({ dialog: then, expected: null });
  expect(said).toEqual(['task 7 runs']);

  show(runDialog);
  const refused = starter.submit();
  show(then);
  runs[1]?.reject(refusal);
  await refused;
  expect(store.state.dialog).toBe(then);
  expect(said.at(-1)).toBe('there is no such command');
});

test('the run dialog that asked gets its answer: it closes, or says what is wrong', async () => {
  const { store, show, starter, runs, said } = slowScreen();
  show(runDialog);
  const refused = starter.submit();
  runs[0]?.reject(refusal);
  await refused;
  expect(store.state.dialog).toEqual({ ...runDialog, problem: 'there is no such command' });
  expect(said).toEqual([]);
  const started = starter.submit();
  runs[1]?.resolve();
  await started;
  expect(store.state).toMatchObject({ dialog: null, expected: 7 });
});

test('a second Enter starts no second export, nor does the same prompt opened again', async () => {
  const { store, show, exporter, exports, files, said } = slowScreen();
  show(prompt('export', 'one.cast'));
  const first = exporter.write('one.cast', { folder: '/tmp' });
  expect(store.state.dialog).toMatchObject({ busy: true });
  await exporter.write('one.cast', { folder: '/tmp' });
  expect(files).toEqual(['/tmp/one.cast']);
  show(null);
  show(prompt('export', 'one.cast'));
  await exporter.write('one.cast', { folder: '/tmp' });
  expect(files).toEqual(['/tmp/one.cast']);
  expect(store.state.dialog).toMatchObject({ problem: 'another recording is still being written', busy: false });
  exports[0]?.resolve();
  await first;
  // The prompt that is open now is another one.
  expect(store.state.dialog).toMatchObject({ asks: 'export' });
  expect(said).toEqual(['the recording is in /tmp/one.cast; asciinema play shows it']);
  const second = exporter.write('two.cast', { folder: '/tmp' });
  exports[1]?.resolve();
  await second;
  expect(store.state.dialog).toBeNull();
});

test('an export that fails says so in its prompt, and beside another dialog', async () => {
  const { store, show, exporter, exports, said } = slowScreen();
  show(prompt('export', 'one.cast'));
  const told = exporter.write('one.cast', { folder: '/tmp' });
  exports[0]?.reject(new GhostError('file-unusable', 'it is there already'));
  await told;
  expect(store.state.dialog).toMatchObject({ asks: 'export', problem: 'it is there already', busy: false });
  const left = exporter.write('one.cast', { folder: '/tmp' });
  show(filter);
  exports[1]?.reject(new GhostError('file-unusable', 'it is there already'));
  await left;
  expect(store.state.dialog).toBe(filter);
  expect(said).toEqual(['it is there already']);
});

test('nothing is typed or pasted into a dialog whose answer is waited for; it can be left', () => {
  const { store, show, context } = slowScreen();
  const keyboard = new DialogKeyboard(context, {} as KeyServants);
  for (const dialog of [
    { ...runDialog, busy: true },
    { ...prompt('export', 'one.cast'), busy: true },
  ] as const) {
    show(dialog);
    keyboard.type(dialog, 'pasted');
    for (const key of ['x', 'space', 'backspace', 'enter', 'up', 'tab']) keyboard.press(dialog, key);
    expect(store.state.dialog).toBe(dialog);
    keyboard.press(dialog, 'esc');
    expect(store.state.dialog).toBeNull();
  }
});

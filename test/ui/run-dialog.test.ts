import { expect, test } from 'vitest';

import { knownFrom } from '../../src/ui/known-tasks.ts';
import {
  earlierCommands,
  nextField,
  openRunDialog,
  readRunDialog,
  recalled,
  withField,
} from '../../src/ui/run-dialog.ts';
import { edited, fieldOf, shownField, typed } from '../../src/ui/text-field.ts';
import { tasksNumbered } from './made-tasks.ts';

const place = { shell: '/bin/bash', home: '/home/me' };
const dialogWith = (command: string, more: Readonly<Record<string, string>> = {}) => {
  const empty = openRunDialog({ folder: '/srv' });
  const given = { command, ...more };
  const fields = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, fieldOf(text)]));
  return { ...empty, fields: { ...empty.fields, ...fields } };
};

test('plain words run as they are, and what needs a shell runs through one', () => {
  expect(readRunDialog(dialogWith("echo 'a b'", { name: ' n ', tags: 'ci, x' }), place)).toEqual({
    kind: 'request',
    request: { command: ['echo', 'a b'], cwd: '/srv', tags: ['ci', 'x'], name: 'n' },
  });
  expect(readRunDialog(dialogWith('make | tee log'), place)).toMatchObject({
    request: { command: ['/bin/bash', '-c', 'make | tee log'] },
  });
  expect(readRunDialog(dialogWith('make', { folder: '~/app' }), place)).toMatchObject({
    request: { cwd: '/home/me/app' },
  });
});

test.for([
  ['', {}, 'command', 'there is no command yet'],
  ["''", {}, 'command', 'the command is an empty word'],
  ["echo 'a", {}, 'command', "the quote ' is not closed"],
  ['a', { name: 'x'.repeat(129) }, 'name', 'a name has at most 128 characters'],
  ['a', { folder: '' }, 'folder', 'a folder is needed for it to run in'],
  ['a', { folder: 'app' }, 'folder', 'write the whole path, from / or ~'],
  ['a', { tags: Array.from({ length: 33 }, (_, n) => `t${n}`).join(' ') }, 'tags', 'a task has at most 32 tags'],
  ['a', { tags: 'x'.repeat(65) }, 'tags', 'a tag has at most 64 characters'],
] as const)('%o with %o is wrong in its field', ([command, more, field, problem]) => {
  expect(readRunDialog(dialogWith(command, more), place)).toEqual({ kind: 'wrong', field, problem });
});

test('the longest name and tag and the most tags are right', () => {
  const tags = Array.from({ length: 32 }, (_, n) => String(n).padStart(64, 't')).join(' ');
  expect(readRunDialog(dialogWith('a', { name: 'x'.repeat(128), tags }), place).kind).toBe('request');
});

test('earlier commands are recalled, the newest first, and what was typed comes back', () => {
  const earlier = earlierCommands(knownFrom(tasksNumbered(3)));
  expect(earlier).toEqual(['sleep 3', 'sleep 2', 'sleep 1']);
  const draft = withField(openRunDialog({ folder: '/' }), fieldOf('typed'));
  const once = recalled(draft, { by: 1, earlier });
  const twice = recalled(once, { by: 1, earlier });
  expect([once, twice].map(({ fields }) => fields.command.text)).toEqual(['sleep 3', 'sleep 2']);
  expect(recalled(recalled(twice, { by: -1, earlier }), { by: -1, earlier }).fields.command.text).toBe('typed');
});

test('Tab goes round the fields, in both directions', () => {
  const dialog = openRunDialog({ folder: '/' });
  expect(nextField(dialog, 1).focus).toBe('name');
  expect(nextField(dialog, -1).focus).toBe('tags');
  expect(nextField({ ...dialog, focus: 'tags' }, 1).focus).toBe('command');
});

test('a field is edited by whole characters', () => {
  const family = '👩‍👩‍👧';
  expect(edited(fieldOf(`a${family}`), 'backspace')).toEqual({ text: 'a', caret: 1 });
  expect(edited({ text: `${family}b`, caret: 0 }, 'right')?.caret).toBe(family.length);
  expect(edited(fieldOf('one two'), 'ctrl-w')).toEqual({ text: 'one ', caret: 4 });
  expect(edited(fieldOf('one two'), 'ctrl-u')).toEqual({ text: '', caret: 0 });
  expect(typed({ text: 'ac', caret: 1 }, 'b\n\u001b')).toEqual({ text: 'ab c', caret: 3 });
});

test('of a field only what lies around the caret is shown, in its columns', () => {
  const [before, under, after] = shownField(fieldOf('x'.repeat(100)), 10);
  expect(`${before}${under}${after}`.length).toBe(10);
  expect(shownField({ text: 'abc', caret: 1 }, 10)).toEqual(['a', 'b', 'c']);
});

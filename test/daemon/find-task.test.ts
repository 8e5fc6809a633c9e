import { expect, test } from 'vitest';

import { ambiguousShown, findTask } from '../../src/daemon/find-task.ts';
import { uuidPrefixMin } from '../../src/protocol/limits.ts';
import { committed, taskDraft } from '../support/facts.ts';
import { MemoryArchive } from '../support/memory-archive.ts';

const uuids = [
  'aaaa0000-0000-4000-8000-000000000001',
  'aaaa1111-0000-4000-8000-000000000002',
  'beef0000-0000-4000-8000-000000000003',
  '12345678-0000-4000-8000-000000000004',
];
const names = ['web', 'beef', 'web', null];

const events = committed(
  uuids.map((uuid, index) =>
    taskDraft('TaskSubmitted', {
      task: index + 1,
      data: { uuid, name: names[index] ?? null, requestId: `request-${index}` },
    }),
  ),
);
const table = new MemoryArchive(() => events);

test.each([
  ['its number', '2', 2],
  ['its name, the newest task that bears it', 'web', 3],
  ['its name before a UUID that begins so', 'beef', 2],
  ['its UUID', 'aaaa1111-0000-4000-8000-000000000002', 2],
  ['the beginning of its UUID', 'aaaa1', 2],
  ['the beginning in capital letters', 'BEEF0', 3],
  ['@last', '@last', 4],
])('a task is found by %s', (_, reference, id) => {
  expect(findTask(table, reference).id).toBe(id);
});

test.each([
  '5',
  '0',
  '-1',
  '01',
  '1.0',
  'we',
  'WEB',
  'aaa',
  '123',
  '@first',
  '',
  ' 1',
  '9'.repeat(20),
  '%',
  'aaaa%',
  'x\u001b[31m',
])('%j names no task, and the answer says where to look', (reference) => {
  expect(() => findTask(table, reference)).toThrow(
    expect.objectContaining({ code: 'no-such-task', hint: 'ghost list --all', field: 'task' }) as Error,
  );
});

test('what is no plain word is quoted in the answer, so that nothing in it can act on a terminal', () => {
  expect(() => findTask(table, 'x\u001b[31m')).toThrow(String.raw`there is no task "x\u001b[31m"`);
});

test('a prefix that fits several tasks is refused with their numbers', () => {
  expect(() => findTask(table, 'aaaa')).toThrow(
    expect.objectContaining({
      code: 'invalid-request',
      message: `several tasks begin with aaaa: 1 (${uuids[0]}), 2 (${uuids[1]})`,
      field: 'task',
    }) as Error,
  );
});

test('of the tasks that a prefix fits so many are told, and that there are more', () => {
  const message = (count: number): string => {
    const ids = Array.from({ length: count }, (_, index) => `abcd0000-0000-4000-8000-00000000000${index}`);
    const many = committed(
      ids.map((uuid, index) =>
        taskDraft('TaskSubmitted', { task: index + 1, data: { uuid, name: null, requestId: `request-${index}` } }),
      ),
    );
    try {
      findTask(new MemoryArchive(() => many), 'abcd');
    } catch (error) {
      return String(error);
    }
    throw new Error('it was found');
  };
  expect(message(ambiguousShown)).toMatch(new RegExp(`${ambiguousShown} \\([^)]*\\)$`));
  expect(message(ambiguousShown + 1)).toMatch(new RegExp(`${ambiguousShown} \\([^)]*\\), and more$`));
});

test(`a UUID is named by ${uuidPrefixMin} characters of it and by no fewer`, () => {
  const uuid = 'beef0000-0000-4000-8000-000000000003';
  const prefix = (characters: number): string => uuid.slice(0, characters);
  const unnamed = new MemoryArchive(() => committed([taskDraft('TaskSubmitted', { data: { uuid } })]));
  expect(findTask(unnamed, prefix(uuidPrefixMin)).id).toBe(1);
  expect(() => findTask(unnamed, prefix(uuidPrefixMin - 1))).toThrow('there is no task');
});

test('@last where there is no task says how to start one', () => {
  expect(() => findTask(new MemoryArchive(() => []), '@last')).toThrow(
    expect.objectContaining({
      code: 'no-such-task',
      message: 'there is no task yet',
      hint: 'ghost run COMMAND',
    }) as Error,
  );
});

test('digits that are no number of a task name none, even where a UUID begins with them', () => {
  expect(() => findTask(table, '1234')).toThrow('there is no task 1234');
});

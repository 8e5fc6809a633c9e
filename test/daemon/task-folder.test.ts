import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { TaskFolder } from '../../src/daemon/task-folder.ts';
import { taskId } from '../support/facts.ts';

function newFolder(): TaskFolder {
  const path = mkdtempSync(join(tmpdir(), 'tasks-'));
  onTestFinished(() => {
    rmSync(path, { recursive: true });
  });
  const folder = new TaskFolder(path, taskId(7));
  folder.create();
  return folder;
}

test('a task that has no files yet has no bytes, no status and nothing that its shell said', () => {
  const folder = newFolder();
  folder.create();
  expect([folder.sizes(), folder.readStatus(1), folder.readMessages(1), folder.replacedPump('stdout')]).toEqual([
    { stdout: 0, stderr: 0 },
    null,
    '',
    null,
  ]);
});

test('the files of a shim are appended to, readable by the user alone, and each attempt has its own status', () => {
  const folder = newFolder();
  appendFileSync(folder.stream('stdout'), 'before ');
  const files = folder.openForShim(2);
  writeSync(files.stdout, 'after');
  writeSync(files.status, 'start 1\n');
  writeSync(files.messages, 'sh: said');
  files.close();
  expect(readFileSync(folder.stream('stdout'), 'utf8')).toBe('before after');
  expect(folder.sizes()).toEqual({ stdout: 12, stderr: 0 });
  expect([folder.readStatus(2)?.text, folder.readMessages(2), folder.readStatus(1)]).toEqual([
    'start 1\n',
    'sh: said',
    null,
  ]);
  for (const name of readdirSync(folder.spool).filter((file) => file !== 'stdout')) {
    expect([name, statSync(join(folder.spool, name)).mode & 0o177]).toEqual([name, 0]);
  }
});

test('the time of the status file is that of its last line', () => {
  const folder = newFolder();
  writeFileSync(folder.status(1), 'exit 0\n');
  utimesSync(folder.status(1), 1000, 1234.5);
  expect(folder.readStatus(1)).toEqual({ text: 'exit 0\n', modifiedMs: 1_234_500 });
});

test('a pump that a daemon put in is known by its pid; a marker without one is taken away', () => {
  const folder = newFolder();
  // As an older ghost had it noted.
  writeFileSync(folder.pumpMarker('stdout'), '4242\n');
  writeFileSync(folder.pumpMarker('stderr'), '');
  expect([folder.replacedPump('stdout'), folder.replacedPump('stderr')]).toEqual([
    { pid: 4242, startTime: null },
    null,
  ]);
  expect([existsSync(folder.pumpMarker('stdout')), existsSync(folder.pumpMarker('stderr'))]).toEqual([true, false]);
  writeFileSync(folder.pumpMarker('stdout'), '4242\n987654\n');
  expect(folder.replacedPump('stdout')).toEqual({ pid: 4242, startTime: '987654' });
});

test('when the task is complete only its output and their order stay, which are measured', () => {
  const folder = newFolder();
  folder.openForShim(1).close();
  folder.openForShim(2).close();
  for (const file of [
    folder.stream('stdout'),
    folder.order,
    folder.status(2),
    folder.fifo('stdout'),
    folder.fifo('stderr'),
    folder.pumpMarker('stderr'),
  ]) {
    writeFileSync(file, 'x');
  }
  const settled = folder.settle();
  expect(readdirSync(folder.spool)).toEqual(['stdout']);
  expect(readdirSync(folder.path).toSorted()).toEqual(['order.idx', 'spool']);
  const beside = [folder.path, folder.spool, folder.order].map((path) => statSync(path).blocks * 512);
  expect(settled.besideBytes).toBe(beside.reduce((sum, bytes) => sum + bytes));
  expect(settled.besideBytes).toBeGreaterThan(0);
  expect(folder.settle()).toEqual(settled);
});

test('of a task that wrote nothing, nothing stays', () => {
  const folder = newFolder();
  folder.openForShim(1).close();
  writeFileSync(folder.status(1), 'exit 0\n');
  expect(folder.settle()).toEqual({ besideBytes: 0 });
  expect(existsSync(folder.path)).toBe(false);
  expect(folder.settle()).toEqual({ besideBytes: 0 });
});

test('what somebody else put into the folder of a task stays', () => {
  const folder = newFolder();
  writeFileSync(join(folder.spool, 'notes'), 'mine');
  folder.settle();
  expect(readdirSync(folder.spool)).toEqual(['notes']);
});

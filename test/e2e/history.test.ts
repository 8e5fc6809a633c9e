import { join } from 'node:path';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import type { SequenceNumber } from '../../src/journal/events.ts';
import type { FilterTerm } from '../../src/projections/task-filter.ts';
import { viewTask } from '../../src/projections/task-view.ts';
import type { Task } from '../../src/projections/task.ts';
import { collect } from '../support/collect.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { connectTo } from '../support/ledger-client.ts';
import { until } from '../support/until.ts';
import { type WholeTable, evolveTable, initialTable } from '../support/whole-table.ts';

type Term = FilterTerm extends infer T ? (T extends FilterTerm ? Omit<T, 'not'> : never) : never;

async function found(client: Client, terms: readonly Term[], { not = false } = {}): Promise<readonly number[]> {
  const filter = { terms: terms.map((term) => ({ not, ...term })) };
  return (await collect(client.history(filter))).map(({ id }) => id);
}

/** Every event of the daemon's, folded up to one of them. */
async function foldUntil(client: Client, seq: number): Promise<WholeTable> {
  let table = initialTable();
  for await (const event of client.watch({ after: 0 })) {
    if (event.seq > seq) break;
    table = evolveTable(table, event);
    if (event.seq === seq) break;
  }
  return table;
}

test('the history answers each filter from a real daemon, and the same after its crash', async () => {
  await using home = new GhostHome();
  await home.run(['-n', 'web', '-t', 'ci', '--', 'sh', '-c', 'exit 0']);
  await home.run(['-n', 'web', '-C', '/usr', '--', 'sh', '-c', 'exit 3']);
  await home.run(['-t', 'ci', '-t', 'gpu', '-C', '/usr/bin', 'sleep', '300']);
  await home.run(['sh', '-c', 'kill -KILL $$']);
  expect((await home.ghost(['run', 'no-such-program'])).status).toBe(127);
  for (const id of [1, 2, 4]) await home.ended(id);
  const expectAnswers = async (): Promise<void> => {
    await using client = await connectTo(home);
    expect(await found(client, [])).toEqual([5, 4, 3, 2, 1]);
    expect(await found(client, [{ field: 'state', state: 'failed' }])).toEqual([5, 2]);
    expect(
      await found(client, [
        { field: 'state', state: 'failed' },
        { field: 'state', state: 'killed' },
      ]),
    ).toEqual([5, 4, 2]);
    expect(await found(client, [{ field: 'state', state: 'running' }])).toEqual([3]);
    expect(await found(client, [{ field: 'exit', code: 3 }])).toEqual([2]);
    // One that runs has not ended otherwise.
    expect(await found(client, [{ field: 'exit', code: 0 }], { not: true })).toEqual([5, 4, 2]);
    expect(await found(client, [{ field: 'signal', signal: 'SIGKILL' }], { not: true })).toEqual([5, 2, 1]);
    expect(await found(client, [{ field: 'signal', signal: 'SIGKILL' }])).toEqual([4]);
    expect(await found(client, [{ field: 'name', name: 'web' }])).toEqual([2, 1]);
    expect(await found(client, [{ field: 'tag', tag: 'ci' }])).toEqual([3, 1]);
    expect(await found(client, [{ field: 'cwd', folder: '/usr' }])).toEqual([3, 2]);
    expect(await found(client, [{ field: 'text', text: 'SLEEP 3' }])).toEqual([3]);
    expect(await found(client, [{ field: 'longer', durationMs: 3_600_000 }])).toEqual([]);
    const future = new Date(Date.now() + 60_000).toISOString();
    expect(await found(client, [{ field: 'until', time: future }])).toEqual([5, 4, 3, 2, 1]);
    expect(await found(client, [{ field: 'since', time: future }])).toEqual([]);
    expect((await collect(client.history({}, { limit: 2 }))).map(({ id }) => id)).toEqual([5, 4]);
    const { commands, commandsTotal } = await client.historyStats({
      terms: [{ not: false, field: 'text', text: 'sh -c' }],
    });
    expect(commandsTotal).toBe(3);
    expect(commands).toMatchObject([
      { command: ['sh', '-c', 'kill -KILL $$'], runs: 1, failures: 1, lastId: 4 },
      { command: ['sh', '-c', 'exit 3'], runs: 1, failures: 1, lastId: 2 },
      { command: ['sh', '-c', 'exit 0'], runs: 1, failures: 0, lastId: 1 },
    ]);
  };
  await expectAnswers();
  await home.killDaemon();
  await expectAnswers();
});

test('the table of any moment is what the events until then tell, through a daemon that was shut down and one killed', async () => {
  await using home = new GhostHome();
  await home.run(['-n', 'one', '-t', 'first', 'true']);
  await home.ended(1);
  await home.ok(['shutdown']);
  await home.run(['-n', 'two', 'sleep', '300']);
  await home.killDaemon();
  await home.run(['false']);
  await home.ended(3);
  await home.ok(['kill', '2']);
  await using client = await connectTo(home);
  const last = (await client.status()).events;
  for (let seq = 1; seq <= last; seq += 1) {
    const folded = await foldUntil(client, seq);
    const byId = [...folded.tasks.values()].toSorted((one, other) => one.id - other.id);
    const at = { kind: 'event', seq } as const;
    expect(await client.list({ at })).toEqual(byId.map(viewTask));
    expect(await client.list({ at, all: true })).toEqual(byId.map(viewTask));
    const table = await client.table({ at });
    expect(table.seq).toBe(seq);
    expect([...table.tasks].toSorted((one, other) => one.id - other.id)).toEqual(byId);
    for (const task of byId) {
      const shown = await client.show(String(task.id), { at });
      expect(shown.task).toEqual(viewTask(task));
      expect(shown.events.at(-1)?.seq).toBe(Math.max(...shown.events.map((event) => event.seq)));
      expect(shown.events.every((event) => event.seq <= seq)).toBe(true);
    }
  }
  const [first] = home.events({ type: 'TaskSubmitted' });
  await expect(client.show('1', { at: { kind: 'event', seq: (first?.seq ?? 2) - 1 } })).rejects.toMatchObject({
    code: 'no-such-task',
    message: expect.stringContaining('was not there yet after event') as string,
  });
  expect(await client.list({ at: { kind: 'time', time: '2020-01-01T00:00:00.000Z' } })).toEqual([]);
  expect((await client.list({ at: { kind: 'time', time: new Date().toISOString() } })).map(({ id }) => id)).toEqual([
    1, 2, 3,
  ]);
  expect(await client.list({ at: { kind: 'event', seq: last + 1_000 } })).toEqual(await client.list());
});

test('who takes the table and watches from its event on has what the daemon has', async () => {
  await using home = new GhostHome();
  await home.complete(['true']);
  await using client = await connectTo(home);
  const { seq, tasks } = await client.table({ ended: 10 });
  expect(tasks.map(({ id, status }) => [id, status.kind])).toEqual([[1, 'ended']]);
  const states = new Map<number, Task>(tasks.map((task) => [task.id, task]));
  const id = await home.run(['true']);
  await home.ended(id);
  const now = await until('the second log is complete', async () => {
    const { tasks: both, seq: end } = await client.table();
    return both.every(({ log }) => log.kind === 'closed') ? { both, end } : null;
  });
  let table = initialTable();
  for await (const event of client.watch({ after: seq as SequenceNumber })) {
    table = evolveTable(table, event);
    if (event.seq === now.end) break;
  }
  for (const task of table.tasks.values()) states.set(task.id, task);
  expect([...states.values()].toSorted((one, other) => one.id - other.id)).toEqual(
    now.both.toSorted((one, other) => one.id - other.id),
  );
});

test('read models that somebody changed are told of and put right, while the daemon goes on', async () => {
  await using home = new GhostHome();
  await home.run(['-n', 'web', 'true']);
  await home.ended(1);
  const running = await home.run(['sleep', '300']);
  await using client = await connectTo(home);
  const listed = await client.list();
  const database = new Database(join(home.path, 'tasks.db'));
  database.exec("UPDATE tasks SET name = 'other', state = 'lost' WHERE id = 1");
  database.exec("UPDATE task_states SET state = json_set(state, '$.name', 'other')");
  database.close();
  expect((await client.list()).map(({ name }) => name)).toEqual(['other', null]);
  const rebuild = client.rebuild();
  let result = await rebuild.next();
  while (result.done !== true) result = await rebuild.next();
  expect(result.value.differences).toEqual([
    'task 1: its row differs in name, state',
    'task 1: its state differs in name',
    'task 2: its state differs in name',
  ]);
  expect(await client.list()).toEqual(listed);
  await client.stop(String(running));
  expect((await client.show(String(running))).task).toMatchObject({ name: null, state: 'killed' });
});

test('long command lines take more than one answer, and none is lost', async () => {
  await using home = new GhostHome();
  await using client = await connectTo(home);
  // As long as one argument may be, some of them: five such tasks do not fit into one frame of 4 MiB.
  const argument = 'x'.repeat(120_000);
  const command = ['true', ...Array.from({ length: 8 }, () => argument)];
  for (let index = 0; index < 9; index += 1) await client.run({ command, cwd: home.work, environment: [] });
  const ids = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect((await client.list({ all: true })).map(({ id }) => id)).toEqual(ids);
  expect((await client.list()).map(({ id }) => id)).toEqual(ids);
  expect((await collect(client.history())).map(({ id }) => id)).toEqual(ids.toReversed());
  expect((await client.table()).tasks).toHaveLength(9);
});

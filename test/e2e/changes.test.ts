import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openConnection } from '../../src/client/connector.ts';
import { resolvePaths } from '../../src/paths.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import { tagsMax } from '../../src/protocol/limits.ts';
import { GhostHome } from '../support/ghost-home.ts';

const secret = 'hunter2-c0ffee-5ec2e7';

/** The numbers of the tasks that a command gives in JSON. */
async function ids(home: GhostHome, ...args: string[]): Promise<readonly number[]> {
  return (JSON.parse(await home.ok([...args, '--json'])) as readonly TaskView[]).map(({ id }) => id);
}

/** The files of the data folder in which a text stands. */
function filesWith(home: GhostHome, text: string): readonly string[] {
  return readdirSync(home.path, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(home.path, path)).isFile())
    .filter((path) => readFileSync(join(home.path, path), 'latin1').includes(text));
}

test('a name is that of now in lists and that of then at a moment, and names the task from then on', async () => {
  await using home = new GhostHome();
  await home.run(['-n', 'web', 'true']);
  await home.ended(1);
  const before = home.events().length;
  expect(await home.ok(['rename', 'web', 'front'])).toBe('1 is named front');
  expect((await home.task('front')).id).toBe(1);
  expect((await home.ghost(['show', 'web'])).status).toBe(3);
  // What changes nothing is no event.
  await home.ok(['rename', '1', 'front']);
  expect(home.events({ type: 'TaskRenamed' }).map(({ data }) => data['name'])).toEqual(['front']);
  const nameIn = async (...args: string[]) =>
    (JSON.parse(await home.ok([...args, '--json'])) as readonly TaskView[]).map(({ name }) => name);
  expect(await nameIn('list')).toEqual(['front']);
  expect(await nameIn('list', '--at', `seq:${before}`)).toEqual(['web']);
  expect(await nameIn('history', 'name:front')).toEqual(['front']);
  expect(await nameIn('history', 'name:web')).toEqual([]);
  expect(await home.ok(['show', '1', '--at', `seq:${before}`])).toContain('task 1 web');
  expect(await home.ok(['rename', 'front', '--clear'])).toBe('1 has no name');
  expect((await home.ghost(['show', 'front'])).status).toBe(3);
  const refused = await home.ghost(['rename', '1', '12']);
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toContain('must not be digits only');
});

test('tags are put on and taken off, each once, and never more than a task may bear', async () => {
  await using home = new GhostHome();
  await home.run(['-t', 'ci', 'true']);
  await home.ended(1);
  expect(await home.ok(['tag', '1', '+slow', '+slow', '-ci', '-none'])).toBe('1 is tagged slow');
  expect(await home.ok(['tag', '1', '+slow', '-ci'])).toBe('1 is tagged slow');
  expect(home.events({ type: 'TaskTagged' }).map(({ data }) => [data['added'], data['removed']])).toEqual([
    [['slow'], ['ci']],
  ]);
  expect(await ids(home, 'history', 'tag:slow')).toEqual([1]);
  expect(await ids(home, 'history', 'tag:ci')).toEqual([]);
  const many = Array.from({ length: tagsMax - 1 }, (_, place) => `+t${place}`);
  await home.ok(['tag', '1', ...many]);
  expect((await home.task(1)).tags).toHaveLength(tagsMax);
  const over = await home.ghost(['tag', '1', '+more']);
  expect(over).toMatchObject({ status: 2, stdout: '' });
  expect(over.stderr).toContain(`task 1 would bear ${tagsMax + 1} tags; a task bears at most ${tagsMax}`);
  // One off and one on is as many as before.
  await home.ok(['tag', '1', '+more', '-slow']);
  expect((await home.ghost(['tag', '1', '+x', '-x'])).stderr).toContain('the tag x is to be put on and taken off');
});

test('an environment shows its values but for secrets, and a redacted one is gone for good', async () => {
  await using home = new GhostHome();
  const caller = { env: { API_TOKEN: secret, PLAIN: 'a plain value' } };
  await home.ok(['run', 'true'], caller);
  await home.ok(['run', '-n', 'other', 'true'], { env: { ...caller.env, EXTRA: '1' } });
  await home.ended(2);
  const masked = await home.ok(['show', '1', '--env']);
  expect(masked).toContain("PLAIN='a plain value'");
  expect(masked).toContain('API_TOKEN=(looks like a secret; --reveal shows it)');
  expect(masked).not.toContain(secret);
  expect(await home.ok(['show', '1', '--env', '--reveal'])).toContain(`API_TOKEN=${secret}`);
  expect(filesWith(home, secret)).not.toEqual([]);

  expect(JSON.parse(await home.ok(['redact', '1', '--env', 'API_TOKEN', '--json']))).toEqual({
    name: 'API_TOKEN',
    environments: 2,
    tasks: 2,
  });
  expect(filesWith(home, secret)).toEqual([]);
  for (const id of ['1', 'other']) {
    expect(await home.ok(['show', id, '--env', '--reveal'])).toContain('API_TOKEN=(removed from the store)');
  }
  expect(home.events({ type: 'EnvironmentRedacted' })).toMatchObject([{ task: 1, data: { name: 'API_TOKEN' } }]);
  expect(JSON.stringify(home.events())).not.toContain(secret);
  expect(await home.ok(['redact', 'other', '--env', 'API_TOKEN'])).toContain('had been removed before');
  expect(await home.ghost(['redact', '1', '--env', 'NOT_THERE'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('there is no NOT_THERE in the environment of task 1') as string,
  });
  expect(await home.ghost(['audit', '--verify'])).toMatchObject({ status: 0 });

  // A restart would need it; a new task is given it again, after a crash as well.
  const restart = await home.ghost(['restart', '1']);
  expect(restart).toMatchObject({ status: 1, stdout: '' });
  expect(restart.stderr).toContain('the value of API_TOKEN in its environment was redacted');
  expect(restart.stderr).toContain('try: ghost run -e API_TOKEN=VALUE -- true');
  await home.killDaemon();
  const again = await home.ok(['run', '-f', 'sh', '-c', 'echo "$API_TOKEN"'], caller);
  expect(again).toBe(secret);
  expect(await home.ok(['show', '1', '--env', '--reveal'])).toContain('API_TOKEN=(removed from the store)');
  expect(await home.ok(['show', '@last', '--env', '--reveal'])).toContain(`API_TOKEN=${secret}`);

  expect((await home.ok(['redact', 'other', '--env', 'PLAIN', '--env', 'EXTRA'])).split('\n')).toEqual([
    'the value of PLAIN is removed from the environment of 3 tasks',
    'the value of EXTRA is removed from the environment of 1 task',
  ]);
  expect(filesWith(home, 'a plain value')).toEqual([]);
  expect(await home.ghost(['audit', '--verify'])).toMatchObject({ status: 0 });
});

test('a change that is asked again with the id of its request is made once, and answered as before', async () => {
  await using home = new GhostHome();
  await home.ok(['run', '-n', 'web', 'true'], { env: { API_TOKEN: secret } });
  await home.ended(1);
  const connection = await openConnection({ paths: resolvePaths(home.env), program: 'test' });
  if (connection === null) throw new Error('no daemon');
  await using _ = { [Symbol.asyncDispose]: () => connection.close() };
  const rename = { requestId: 'r1', task: '1', name: 'front' };
  const tag = { requestId: 'r2', task: '1', add: ['ci'], remove: [] };
  const redact = { requestId: 'r3', task: '1', name: 'API_TOKEN' };
  const forget = { requestId: 'r4', endedBefore: null, keepTasks: null, maxBytes: null, tasks: ['1'], forget: true };
  expect((await connection.request('rename', rename)).name).toBe('front');
  expect((await connection.request('tag', tag)).tags).toEqual(['ci']);
  // What somebody else does in between is not undone.
  await home.ok(['rename', '1', 'last word']);
  await home.ok(['tag', '1', '-ci']);
  const [again, tagged] = [await connection.request('rename', rename), await connection.request('tag', tag)];
  expect({ name: again.name, tags: tagged.tags }).toEqual({ name: 'last word', tags: [] });

  const gone = { name: 'API_TOKEN', environments: 1, tasks: 1 };
  const redacted = await Promise.all([connection.request('redact', redact), connection.request('redact', redact)]);
  expect([...redacted, await connection.request('redact', redact)]).toEqual([gone, gone, gone]);
  const hidden = await connection.request('prune', { ...forget, dryRun: false });
  expect(hidden.forgotten).toEqual([1]);
  expect((await connection.request('prune', { ...forget, dryRun: false })).forgotten).toEqual([1]);
  expect((await connection.request('prune', { ...forget, requestId: 'r5', dryRun: false })).forgotten).toEqual([]);
  const counts = ['TaskRenamed', 'TaskTagged', 'EnvironmentRedacted', 'TaskForgotten'].map(
    (type) => home.events({ type }).length,
  );
  expect(counts).toEqual([2, 2, 1, 1]);
});

test('prune takes the output of those that are named, and hides them where that is said', async () => {
  await using home = new GhostHome();
  for (const text of ['one', 'two', 'three']) await home.run(['-n', text, 'echo', text]);
  await home.run(['-n', 'long', 'sleep', '600']);
  for (const id of [1, 2, 3]) await home.ended(id);
  for (const [words, says] of [
    [['4'], 'task 4 is still running, and keeps its output until it has ended'],
    [['one', 'long', '--forget'], 'task 4 is still running, and cannot be hidden before it has ended'],
  ] as const) {
    const refused = await home.ghost(['prune', ...words]);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain(says);
    expect(refused.stderr).toContain('try: ghost stop 4');
  }
  expect(home.events({ type: 'TaskForgotten' })).toEqual([]);
  expect(JSON.parse(await home.ok(['prune', 'one', '--forget', '--dry-run', '--json']))).toMatchObject({
    forgotten: [1],
  });
  expect(await ids(home, 'list')).toEqual([1, 2, 3, 4]);
  expect(JSON.parse(await home.ok(['prune', 'one', '--forget', '--json']))).toMatchObject({ forgotten: [1] });
  expect(await ids(home, 'list')).toEqual([2, 3, 4]);
  expect(await ids(home, 'list', '--all')).toEqual([2, 3, 4]);
  expect(await ids(home, 'history')).toEqual([4, 3, 2]);
  expect(await ids(home, 'history', '--hidden')).toEqual([4, 3, 2, 1]);
  // Its number still names it, its facts stay, and its name no longer means it.
  expect(await home.task(1)).toMatchObject({ name: 'one', exitCode: 0 });
  expect((await home.ghost(['show', 'one'])).status).toBe(3);
  expect(await home.ok(['log', '1'])).toBe('');
  expect(await home.ok(['log', '2'])).toBe('two');
  // By a rule: all that have ended but the newest, whether they have output left or not.
  expect(JSON.parse(await home.ok(['prune', '--keep', '1', '--forget', '--json']))).toMatchObject({ forgotten: [2] });
  expect(await ids(home, 'list')).toEqual([3, 4]);
  await home.killDaemon();
  expect(await ids(home, 'list')).toEqual([3, 4]);
});

test('history takes its words inline and as options, and refuses a wrong one by its place', async () => {
  await using home = new GhostHome();
  await home.run(['-t', 'ci', 'sh', '-c', 'exit 3']);
  await home.run(['-C', '/usr', 'true']);
  for (const id of [1, 2]) await home.ended(id);
  expect(await ids(home, 'history', 'exit:3')).toEqual([1]);
  expect(await ids(home, 'history', '--exit', '!0', '-t', 'ci')).toEqual([1]);
  expect(await ids(home, 'history', 'cwd:/usr until:now')).toEqual([2]);
  expect(await ids(home, 'history', 'cwd:.')).toEqual([1]);
  expect(await ids(home, 'history', 'since:seq:1')).toEqual([2, 1]);
  expect(await ids(home, 'history', '!sh')).toEqual([2]);
  const refused = await home.ghost(['history', 'sh exti:3']);
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toContain('column 4: there is no field "exti"');
  const stats = await home.ok(['history', '--stats']);
  expect(stats.split('\n')[0]?.trim().split(/ +/)).toEqual(['RUNS', 'FAILED', 'MEDIAN', 'P95', 'LAST', 'COMMAND']);
  expect(JSON.parse(await home.ok(['history', '--stats', '--json', 'exit:3']))).toMatchObject([
    { command: ['sh', '-c', 'exit 3'], runs: 1, failures: 1, lastId: 1 },
  ]);
});

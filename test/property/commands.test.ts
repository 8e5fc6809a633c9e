import { deepEqual } from 'node:assert/strict';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import { collect } from '../support/collect.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { foldFromZero, recordedEvents } from '../support/ledger-check.ts';
import { connectTo } from '../support/ledger-client.ts';
import { type ModelTask, type Reference, TasksModel, wordOf } from './commands-model.ts';

interface Real {
  readonly home: GhostHome;
  readonly client: Client;
}
type Command = fc.AsyncCommand<TasksModel, Real>;

/** What tasks run: how each ends by itself, or that it does not. */
const programs = {
  sleeps: { command: ['sleep', '3600'], exitCode: null },
  'ends well': { command: ['true'], exitCode: 0 },
  'ends badly': { command: ['sh', '-c', 'exit 3'], exitCode: 3 },
  'is not there': { command: ['no-such-command'], exitCode: null },
} as const;

const names = ['build', 'serve', 'a b'] as const;
const tags = ['red', 'green', 'blue'] as const;

/** Something that is asked; it can always be, and is refused where it should be. */
function asking(words: string, ask: (model: TasksModel, real: Real) => Promise<void>): Command {
  return { check: () => true, run: ask, toString: () => words };
}

/** The same while the daemon is killed, before it is asked, in the middle or behind it. */
function meanwhile(commands: fc.Arbitrary<Command>): fc.Arbitrary<Command> {
  return commands.map((command) =>
    asking(`${command.toString()} while the daemon is killed`, async (model, real) => {
      await real.client.ping();
      await Promise.all([command.run(model, real), real.home.killDaemon()]);
    }),
  );
}

const reference: fc.Arbitrary<Reference> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ by: fc.constant('number' as const), id: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ by: fc.constant('name' as const), name: fc.constantFrom(...names) }) },
  { weight: 2, arbitrary: fc.constant<Reference>({ by: 'last' }) },
);

const someTags = fc.subarray([...tags]);

const runs = fc
  .record({
    kind: fc.constantFrom(...(Object.keys(programs) as (keyof typeof programs)[])),
    name: fc.option(fc.constantFrom(...names)),
    tags: someTags,
  })
  .map(({ kind, ...given }) =>
    asking(`run what ${kind} ${JSON.stringify(given)}`, async (model, { home, client }) => {
      const task = model.add(programs[kind].command, given);
      const environment = [['PATH', home.env['PATH'] ?? '']] as const;
      const request = { command: task.command, cwd: home.work, environment, tags: given.tags };
      const { name } = given;
      const answer = client.run({ ...request, ...(name === null ? {} : { name }) });
      await become(task, kind, { client, answer });
    }),
  );

const others: readonly fc.Arbitrary<Command>[] = [
  reference.map((of) =>
    asking(`run ${wordOf(of)} again`, async (model, { client }) => {
      const task = model.find(of);
      if (task === undefined || task.state === 'running') {
        return await expectRefusal(
          client.restart(wordOf(of)),
          task === undefined ? 'no-such-task' : 'task-still-running',
        );
      }
      const again = model.add(task.command, { name: task.name, tags: task.tags });
      const [kind = 'sleeps'] = Object.entries(programs).find(([, { command }]) => command === task.command) ?? [];
      await become(again, kind as keyof typeof programs, { client, answer: client.restart(wordOf(of)) });
    }),
  ),
  fc.record({ of: reference, how: fc.constantFrom('stop', 'SIGKILL', 'SIGTERM') }).map(({ of, how }) =>
    asking(`end ${wordOf(of)} by ${how}`, async (model, { client }) => {
      const task = model.find(of);
      const answer = how === 'stop' ? client.stop(wordOf(of)) : client.signal(wordOf(of), how);
      if (task?.state !== 'running') {
        return await expectRefusal(answer, task === undefined ? 'no-such-task' : 'task-ended');
      }
      await answer;
      await client.wait([String(task.id)]);
      Object.assign(task, { state: 'killed', signal: how === 'stop' ? 'SIGTERM' : how });
    }),
  ),
  reference.map((of) =>
    asking(`wait for ${wordOf(of)}`, async (model, { client }) => {
      const task = model.find(of);
      const answer = client.wait([wordOf(of)], { timeoutMs: 1 });
      if (task === undefined) return await expectRefusal(answer, 'no-such-task');
      if (task.state === 'running') return await expectRefusal(answer, 'wait-timeout');
      deepEqual(
        (await answer).map(({ id, state }) => ({ id, state })),
        [{ id: task.id, state: task.state }],
      );
    }),
  ),
  fc.record({ of: reference, name: fc.option(fc.constantFrom(...names)) }).map(({ of, name }) =>
    asking(`name ${wordOf(of)} ${name}`, async (model, { client }) => {
      const task = model.find(of);
      if (task === undefined) return await expectRefusal(client.rename(wordOf(of), name), 'no-such-task');
      await client.rename(wordOf(of), name);
      task.name = name;
    }),
  ),
  fc.record({ of: reference, add: someTags, remove: someTags }).map(({ of, add, remove }) =>
    asking(`tag ${wordOf(of)} +${add} -${remove}`, async (model, { client }) => {
      const task = model.find(of);
      const answer = client.tag(wordOf(of), { add, remove });
      if (task === undefined) return await expectRefusal(answer, 'no-such-task');
      if (add.some((tag) => remove.includes(tag))) return await expectRefusal(answer, 'invalid-request');
      await answer;
      task.tags = [...new Set([...task.tags, ...add])].filter((tag) => !remove.some((other) => other === tag));
    }),
  ),
  fc.record({ of: reference, forget: fc.boolean() }).map(({ of, forget }) =>
    asking(`prune ${wordOf(of)}${forget ? ' and forget it' : ''}`, async (model, { client }) => {
      const task = model.find(of);
      const answer = client.prune({ tasks: [wordOf(of)], forget });
      if (task === undefined) return await expectRefusal(answer, 'no-such-task');
      if (task.state === 'running') return await expectRefusal(answer, 'task-still-running');
      await answer;
      task.hidden ||= forget;
    }),
  ),
  fc.constant(asking('list', expectAsModelled)),
  reference.map((of) =>
    asking(`show ${wordOf(of)}`, async (model, { client }) => {
      const task = model.find(of);
      if (task === undefined) return await expectRefusal(client.show(wordOf(of)), 'no-such-task');
      deepEqual(known((await client.show(wordOf(of))).task), known(task));
    }),
  ),
  fc.record({ tag: fc.constantFrom(...tags), not: fc.boolean() }).map(({ tag, not }) =>
    asking(`ask the history for ${not ? 'no ' : ''}${tag}`, async (model, { client }) => {
      const found = await collect(client.history({ terms: [{ field: 'tag', not, tag }] }));
      const fits = model.listed().filter((task) => task.tags.includes(tag) !== not);
      deepEqual(
        found.map(({ id }) => id),
        fits.map(({ id }) => id).toReversed(),
      );
    }),
  ),
];

const ends = fc.constantFrom('kill', 'end').map((how) =>
  asking(`${how} the daemon`, async (_model, { home, client }) => {
    await client.ping();
    if (how === 'kill') await home.killDaemon();
    else await client.shutdown();
  }),
);

const ordinary = fc.oneof({ weight: 4, arbitrary: runs }, ...others.map((arbitrary) => ({ weight: 1, arbitrary })));

/** Most of what is asked is asked of a daemon that is well. */
const command = fc.oneof(
  { weight: 16, arbitrary: ordinary },
  { weight: 1, arbitrary: ends },
  { weight: 2, arbitrary: meanwhile(ordinary) },
);

/** A task that was asked for, once it is what it becomes by itself. */
async function become(
  task: ModelTask,
  kind: keyof typeof programs,
  { client, answer }: { readonly client: Client; readonly answer: Promise<TaskView> },
): Promise<void> {
  if (kind === 'is not there') {
    task.state = 'failed';
    return await expectRefusal(answer, 'command-not-found');
  }
  deepEqual((await answer).id, task.id);
  if (kind === 'sleeps') return;
  await client.wait([String(task.id)]);
  const { exitCode } = programs[kind];
  Object.assign(task, { state: exitCode === 0 ? 'exited' : 'failed', exitCode });
}

async function expectAsModelled(model: TasksModel, { client }: Real): Promise<void> {
  deepEqual((await client.list({ all: true })).map(known), model.listed());
}

async function expectRefusal(answer: Promise<unknown>, code: string): Promise<void> {
  const refusal = await answer.then(
    () => 'nothing',
    (error: unknown) => (error instanceof GhostError ? error.code : String(error)),
  );
  deepEqual(refusal, code);
}

/** Of a task, what somebody who has asked for it knows. */
function known({
  id,
  command,
  name,
  tags,
  state,
  exitCode,
  signal,
}: Omit<ModelTask, 'hidden' | 'state'> & { readonly state: string }) {
  return { id, command, name, tags: [...tags].toSorted(), state, exitCode, signal };
}

test('whatever is asked in whatever order, over crashes, the tasks are as whoever asked would expect', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands([command], { maxCommands: 40, size: 'max' }), async (asked) => {
      await using home = new GhostHome();
      await using client = await connectTo(home);
      const model = new TasksModel();
      await fc.asyncModelRun(() => ({ model, real: { home, client } }), asked);
      await expectAsModelled(model, { home, client });
      expect(foldFromZero(recordedEvents(home)).map(({ id, state }) => [id, state])).toEqual(
        model.tasks.map(({ id, state }) => [id, state]),
      );
    }),
    // A smaller failing list takes long to find; what was asked is printed whole.
    { numRuns: 3, endOnFailure: true },
  );
});

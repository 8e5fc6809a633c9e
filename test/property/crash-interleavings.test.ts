import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import { crashPoints } from '../../src/crash-point.ts';
import { collect } from '../support/collect.ts';
import { CrashPlan } from '../support/crash-plan.ts';
import { daemonsOf } from '../support/daemons.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { allComplete, complaintsAbout } from '../support/ledger-check.ts';
import { connectTo, runLedgerTask } from '../support/ledger-client.ts';
import { Ledger, type LedgerTask } from '../support/ledger.ts';
import { until } from '../support/until.ts';

/** Those that a command can bring a daemon to, and those of a daemon that begins because of one. */
const points = crashPoints.filter((point) =>
  /^(daemon\.(lo|op|ad|bo|ca|li)|task|signal|change|journal\.(w|c)|order|output)/.test(point),
);

/** What is asked, of a task by its place among those that there are. */
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ run: fc.constantFrom('quick', 'failing', 'chatty', 'patient', 'stubborn') }) },
  { weight: 2, arbitrary: fc.record({ rename: fc.constantFrom('one', 'two', null), place: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ tag: fc.constantFrom('a', 'b'), on: fc.boolean(), place: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ end: fc.constantFrom('stop', 'kill', 'wait'), place: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ forget: fc.constant(true), place: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.constant(true), place: fc.nat(5) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** Commands that are under way at once, and the step at which a daemon dies meanwhile, if it gets there. */
const round = fc.record({
  commands: fc.array(command, { minLength: 1, maxLength: 4 }),
  crash: fc.option(fc.record({ point: fc.constantFrom(...points), nth: fc.integer({ min: 1, max: 3 }) }), { freq: 5 }),
});

/** What a task must be, after all that was asked of it was answered. */
interface ModelTask {
  readonly id: string;
  readonly task: LedgerTask;
  name: string | null;
  tags: readonly string[];
  ended: boolean;
  forgotten: boolean;
}

test('however crashes and commands interleave, each command is carried out once and answered rightly', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 4, maxLength: 6 }), async (rounds) => {
      using plan = new CrashPlan();
      await using home = new GhostHome({ env: { GHOST_CRASH: plan.folder } });
      await using client = await connectTo(home);
      const ledger = new Ledger(home.work);
      const model: ModelTask[] = [];
      for (const { commands, crash } of rounds) {
        const planned = crash === null ? null : plan.add(crash.point, crash);
        if (planned !== null) for (const pid of daemonsOf(home)) process.kill(pid, 'SIGKILL');
        // Each of another task, so that it is known in which order that task was asked.
        const free = new Set(model);
        await Promise.all(commands.map((one) => carryOut(one, { home, client, ledger, model, free })));
        planned?.cancel();
      }
      // Those that end by themselves do; one that is killed while it begins or prints has an account that is a step behind.
      for (const { id, task, ended } of model) {
        if (ended || endsByItself(task)) continue;
        await until(`${task.key} is ready`, () => ledger.printed(task, 'stdout').length > 0);
        await client.signal(id, 'SIGKILL').catch(() => undefined);
      }
      await allComplete(home, client);
      expect(await seen(client)).toEqual(
        model
          .toSorted((one, other) => Number(one.id) - Number(other.id))
          .map(({ id, name, tags }) => ({ id, name, tags })),
      );
      const listed = (await client.list({ all: true })).map(({ id }) => String(id));
      expect(listed.toSorted()).toEqual(
        model
          .filter(({ forgotten }) => !forgotten)
          .map(({ id }) => id)
          .toSorted(),
      );
      const complaints = await complaintsAbout(home, { client, ledger });
      // Those that were killed at the end, whatever their kind, and the output that went with what was hidden.
      expect(complaints.filter((complaint) => !/ ended as .*"SIGKILL"/.test(complaint))).toEqual([]);
    }),
    // A smaller failing list would take a minute to find; the whole one is printed.
    { numRuns: 3, endOnFailure: true },
  );
});

async function seen(client: Client): Promise<readonly { id: string; name: string | null; tags: readonly string[] }[]> {
  const tasks = (await collect(client.history({ forgotten: true }))).toReversed();
  return tasks.map(({ id, name, tags }) => ({ id: String(id), name, tags: tags.toSorted() }));
}

interface World {
  readonly home: GhostHome;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly model: ModelTask[];
  /** The tasks of which nothing was asked in this round. */
  readonly free: Set<ModelTask>;
}

/** Asks for something, and changes the model by what was answered. */
async function carryOut(one: Command, { home, client, ledger, model, free }: World): Promise<void> {
  if ('run' in one) {
    const task = ledger.task(one.run);
    const id = String(await runLedgerTask(client, home, task));
    model.push({ id, task, name: null, tags: [], ended: false, forgotten: false });
    return;
  }
  const chosen = [...free][one.place % Math.max(1, free.size)];
  if (chosen === undefined) return;
  free.delete(chosen);
  const { id, task } = chosen;
  if ('rename' in one) {
    chosen.name = one.rename;
    mustBe(one.rename, (await client.rename(id, one.rename)).name);
  } else if ('tag' in one) {
    const others = chosen.tags.filter((tag) => tag !== one.tag);
    chosen.tags = (one.on ? [...others, one.tag] : others).toSorted();
    const { tags } = await client.tag(id, one.on ? { add: [one.tag] } : { remove: [one.tag] });
    mustBe(chosen.tags.join(' '), tags.toSorted().join(' '));
  } else if ('end' in one) {
    if (endsByItself(task) || chosen.ended) {
      const [ended] = await client.wait([id]);
      mustBe(
        'a right end',
        ended !== undefined && ledger.mayEndAs(task, ended) ? 'a right end' : JSON.stringify(ended),
      );
    } else {
      await until('it listens to its signals', () => ledger.printed(task, 'stdout').length > 0);
      if (one.end === 'stop') await client.stop(id, { graceMs: 300 });
      else await client.signal(id, 'SIGKILL');
      await client.wait([id]);
    }
    chosen.ended = true;
  } else if ('forget' in one) {
    if (!endsByItself(task) && !chosen.ended) return;
    // Until its output is complete.
    for await (const _ of client.log(id, { follow: true }));
    await client.prune({ tasks: [id], forget: true });
    Object.assign(chosen, { ended: true, forgotten: true });
  } else {
    if (task.kind !== 'quick') return;
    await client.wait([id]);
    chosen.ended = true;
    ledger.expectAgain(task);
    const again = await client.restart(id);
    model.push({ id: String(again.id), task, name: chosen.name, tags: chosen.tags, ended: false, forgotten: false });
  }
}

function endsByItself({ kind }: LedgerTask): boolean {
  return !['patient', 'stubborn'].includes(kind);
}

function mustBe(wanted: string | null, answered: string | null): void {
  if (answered !== wanted) throw new Error(`it was answered ${answered} and not ${wanted}`);
}

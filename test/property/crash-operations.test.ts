import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { allComplete, complaintsAbout, foldFromZero, recordedEvents } from '../support/ledger-check.ts';
import { connectTo, runLedgerTask } from '../support/ledger-client.ts';
import { Ledger, shortKinds } from '../support/ledger.ts';

/** What is done to a ghost, one after the other; `task` is a number from the past, or one that never was. */
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom(...shortKinds) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      to: fc.constantFrom('stop', 'kill', 'restart', 'wait'),
      task: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ daemon: fc.constantFrom('is killed', 'is shut down') }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never;

test('after any mix of operations the live table, the next daemon and a fold from zero say the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 8, maxLength: 14 }), async (operations) => {
      await using home = new GhostHome();
      const ledger = new Ledger(home.work);
      await using client = await connectTo(home);
      await runLedgerTask(client, home, ledger.task('quick'));
      for (const one of operations) await carryOut(one, { home, client, ledger });
      await allComplete(home, client);
      const live = await client.list({ all: true });
      expect(live).toEqual(foldFromZero(recordedEvents(home)));
      await home.killDaemon();
      expect(JSON.parse(await home.ok(['list', '--all', '--json']))).toEqual(live);
      // How a task ended and how often it ran depends on what was done to it; the rest holds of all.
      const complaints = await complaintsAbout(home, { client, ledger });
      expect(
        complaints.filter(
          (complaint) =>
            !/ ended as | ran \d+ times | is \d+ tasks| bytes(,| and) not | was closed at /.test(complaint),
        ),
      ).toEqual([]);
    }),
    // A smaller failing list would take a minute to find; the whole one is printed.
    { numRuns: 3, endOnFailure: true },
  );
});

async function carryOut(
  one: Operation,
  { home, client, ledger }: { home: GhostHome; client: Client; ledger: Ledger },
): Promise<void> {
  if ('kind' in one) await runLedgerTask(client, home, ledger.task(one.kind));
  else if ('daemon' in one) await end(one.daemon, { home, client });
  else await refusable(() => askFor(one, client));
}

async function end(
  how: 'is killed' | 'is shut down',
  { home, client }: { home: GhostHome; client: Client },
): Promise<void> {
  // One that there is: the last operation may have been the end of one too.
  await client.ping();
  if (how === 'is killed') await home.killDaemon();
  else await client.shutdown();
}

async function askFor({ to, task }: Extract<Operation, { to: string }>, client: Client): Promise<unknown> {
  switch (to) {
    case 'stop':
      return await client.stop(String(task), { graceMs: 2_000 });
    case 'kill':
      return await client.signal(String(task), 'SIGKILL');
    case 'restart':
      return await client.restart(String(task));
    default:
      return await client.wait([String(task)]);
  }
}

/** What comes too late, too early or is about a task that never was is refused, and that is all right. */
async function refusable(ask: () => Promise<unknown>): Promise<void> {
  const refusals: readonly string[] = ['no-such-task', 'task-ended', 'task-still-running'];
  await ask().catch((error: unknown) => {
    if (!(error instanceof GhostError && refusals.includes(error.code))) throw error;
  });
}

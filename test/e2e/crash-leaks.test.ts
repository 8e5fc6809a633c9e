import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { attemptsMax } from '../../src/daemon/supervisor.ts';
import { processesOfTasks } from '../support/daemons.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { heldBy } from '../support/held-by.ts';
import { allComplete, complaintsAbout } from '../support/ledger-check.ts';
import { connectTo, runLedgerTask } from '../support/ledger-client.ts';
import { Ledger, type LedgerKind } from '../support/ledger.ts';
import { until } from '../support/until.ts';

test('a hundred tasks later the daemon holds no descriptor and no watch more than before', async () => {
  await using home = new GhostHome();
  const ledger = new Ledger(home.work);
  await using client = await connectTo(home);
  // What is opened once, when it is first needed, is open after these.
  await batch(home, { client, ledger, sizes: [5] });
  const daemon = home.daemonPid();
  if (daemon === null) throw new Error('no daemon');
  let before = heldBy(daemon);
  // What has ended is compressed a moment later, for which files are opened once more.
  await until('nothing of the first tasks is open', () => {
    before = heldBy(daemon);
    return !Object.keys(before).some((path) => /spool\/|\.gz|order\.idx/.test(path));
  });
  await batch(home, { client, ledger, sizes: [25, 25, 25, 25] });
  let held = heldBy(daemon);
  await until('what the tasks took is given back', () => {
    held = heldBy(daemon);
    return JSON.stringify(held) === JSON.stringify(before);
  }).catch(() => undefined);
  expect(held).toEqual(before);
  expect(home.daemonPid()).toBe(daemon);
  expect(await complaintsAbout(home, { client, ledger })).toEqual([]);
});

test('a task whose shim cannot start it is refused after some attempts, and leaves nothing', async () => {
  await using home = new GhostHome({ env: { GHOST_SHELL: '/bin/true' } });
  const { status, stderr } = await home.ghost(['run', 'sleep', '60']);
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`given up after ${attemptsMax} attempts`),
  });
  expect(home.events({ type: 'TaskSpawnAborted' })).toHaveLength(attemptsMax);
  expect(home.events({ type: 'TaskStartFailed' })).toHaveLength(1);
  expect(readdirSync(join(home.path, 'tasks'))).toEqual([]);
  expect(processesOfTasks(home)).toEqual([]);
});

test('a task whose shim starts it at the last attempt runs, once', async () => {
  await using home = new GhostHome();
  const tries = join(home.work, 'tries');
  const shell = join(home.work, 'shell');
  const failing = `echo >>${tries}; [ "$(wc -l <${tries})" -lt ${attemptsMax} ] && exit 0`;
  writeFileSync(shell, `#!/bin/sh\n${failing}\nexec /bin/sh "$@"\n`, { mode: 0o755 });
  const id = await home.run(['echo', 'hello'], { env: { GHOST_SHELL: shell } });
  expect(await home.ended(id)).toMatchObject({ state: 'exited' });
  expect(await home.ok(['log', String(id)])).toBe('hello');
  expect(home.events({ type: 'TaskSpawnAborted' })).toHaveLength(attemptsMax - 1);
});

/** Runs tasks of several kinds in groups, some of them waited for, followed or stopped, until all are complete. */
async function batch(
  home: GhostHome,
  {
    client,
    ledger,
    sizes,
  }: { client: Awaited<ReturnType<typeof connectTo>>; ledger: Ledger; sizes: readonly number[] },
): Promise<void> {
  const kinds: readonly LedgerKind[] = ['quick', 'chatty', 'failing', 'terminated', 'binary'];
  for (const size of sizes) {
    await Promise.all(
      Array.from({ length: size }, async (_, index) => {
        const id = String(await runLedgerTask(client, home, ledger.task(kinds[index % kinds.length] ?? 'quick')));
        if (index % 3 === 0) await client.wait([id]);
        else if (index % 3 === 1) for await (const _ of client.log(id, { follow: true }));
      }),
    );
  }
  await allComplete(home, client);
}

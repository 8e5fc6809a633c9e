import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { Client } from '../../src/client/api.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { journalFaults } from '../support/journal-faults.ts';
import { connectTo } from '../support/ledger-client.ts';
import { descriptorsOf } from '../support/process-world.ts';
import { until } from '../support/until.ts';

/** Here as many as a small machine starts in some seconds; `npm run bench -- thousand` has 1,000, with what each costs. */
const tasks = 200;
const environment = [['PATH', '/usr/bin:/bin']] as const;

test('very many tasks that run at once are all followed, taken up by the next daemon, and stopped together', async () => {
  await using home = new GhostHome();
  await home.ok(['list']);
  const ids: string[] = [];
  {
    await using client = await connectTo(home, { start: false });
    for (let begun = 0; begun < tasks; begun += 20) ids.push(...(await startSome(client, 20)));
    expect(await client.status()).toMatchObject({ tasksRunning: tasks });
    const daemon = home.daemonPid() ?? 0;
    // One that stands for each task, and no more.
    expect(descriptorsOf(daemon).length).toBeLessThan(tasks + 60);
  }
  await home.killDaemon();
  await home.ok(['list']);
  expect(home.events({ type: 'TaskAdopted' })).toHaveLength(tasks);
  await using client = await connectTo(home, { start: false });
  const { id: other } = await client.run({ command: ['true'], environment });
  await client.wait([String(other)]);
  // Each is asked to end at the same moment.
  await Promise.all(ids.map(async (id) => await client.stop(id)));
  await until('all logs are complete', () => home.events({ type: 'LogClosed' }).length === tasks + 1);
  const ended = home.events({ type: 'TaskExited' }).filter(({ task }) => task !== other);
  expect(new Set(ended.map(({ data }) => JSON.stringify(data['outcome'])))).toEqual(
    new Set([JSON.stringify({ kind: 'signaled', signal: 'SIGTERM' })]),
  );
  expect(ended).toHaveLength(tasks);
  expect(readFileSync(join(home.path, 'daemon.log'), 'utf8')).not.toContain('"level":"error"');
  expect(journalFaults(home)).toEqual([]);
});

async function startSome(client: Client, count: number): Promise<readonly string[]> {
  const started = await Promise.all(
    Array.from({ length: count }, async () => await client.run({ command: ['sleep', '1000'], environment })),
  );
  return started.map(({ id }) => String(id));
}

import { expect, test } from 'vitest';

import { linuxProcessTable } from '../../src/daemon/process-table.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { serveInProcess } from '../support/in-process-daemon.ts';
import { until } from '../support/until.ts';

test('says who stopped a task that would not end, and what came after', async () => {
  await using home = new GhostHome();
  const id = await home.run(['-n', 'deaf', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done']);
  await home.ok(['wait', '--log', 'ready', 'deaf']);
  await home.ghost(['stop', '--grace', '300ms', String(id)]);
  const said = await home.ok(['why', 'deaf']);
  expect(said).toMatch(
    /^Task 1 \(deaf\) was killed by SIGKILL after [\d.]+m?s\.\n {2}You \(.*`ghost stop --grace 300ms 1`\) asked/,
  );
  expect(said).toMatch(/SIGKILL followed [\d.]+m?s later, when its grace had run out\.$/);
});

test('says of a task that runs how often it was adopted and when it last wrote something', async () => {
  await using home = new GhostHome();
  const id = await home.run(['-c', 'echo word; exec sleep 600']);
  await home.ok(['wait', '--log', 'word', String(id)]);
  for (let crash = 0; crash < 2; crash += 1) {
    await home.killDaemon();
    await home.ok(['list']);
  }
  const why = JSON.parse(await home.ok(['why', String(id), '--json'])) as {
    readonly state: string;
    readonly reasons: readonly { readonly kind: string; readonly text: string; readonly seq: number | null }[];
  };
  expect(why.state).toBe('running');
  expect(why.reasons.map(({ kind }) => kind)).toEqual(['running', 'adopted']);
  expect(why.reasons[1]?.text).toMatch(/^It outlived 2 daemons/);
  expect(why.reasons[1]?.seq).toBe(home.events({ type: 'TaskAdopted' }).at(-1)?.seq);
  const shown = JSON.parse(await home.ok(['show', String(id), '--json'])) as {
    readonly log: { readonly lastAt: string };
  };
  expect(Date.parse(shown.log.lastAt)).toBeGreaterThan(Date.now() - 60_000);
});

test('says that the kernel killed a task for want of memory where the kernel says so', async () => {
  await using home = new GhostHome();
  const killed: number[] = [];
  await using _ = await serveInProcess(home, {
    processes: linuxProcessTable(),
    async *kernelLog() {
      await Promise.resolve();
      const atUs = Number(process.hrtime.bigint() / 1000n);
      for (const pid of killed) yield { atUs, text: `Out of memory: Killed process ${pid} (sleep) total-vm:1kB` };
    },
  });
  const [first, second] = [await home.run(['sleep', '600']), await home.run(['sleep', '600'])];
  for (const id of [first, second]) {
    const { pid } = await home.task(id);
    if (id === second && pid !== null) killed.push(pid);
    process.kill(pid ?? 0, 'SIGKILL');
    await home.ended(id);
  }
  await until('it is recorded', () => home.events({ type: 'OutOfMemorySeen' }).length === 1);
  expect(home.events({ type: 'OutOfMemorySeen', task: second })).toHaveLength(1);
  expect(await home.ok(['why', String(second)])).toContain(
    `The kernel killed it because memory had run out: Out of memory: Killed process ${killed[0]} (sleep)`,
  );
  expect(await home.ok(['why', String(first)])).toContain('ghost saw no trace of that');
});

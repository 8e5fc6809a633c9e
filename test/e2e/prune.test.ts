import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { type Client, connect } from '../../src/client/library.ts';
import { bytesBelow } from '../support/bytes-below.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { configure, sealedOf, taskFolder } from '../support/segments.ts';
import { until } from '../support/until.ts';

const outputBytes = 200_000;
/**
 * Random bytes do not compress; a segment adds a little, and a file takes whole blocks. Beside them are two folders and the
 * index of their order.
 */
const mostOnDisk = outputBytes + (4 + 3) * 4096;

/** Four tasks that have ended, the first one first, each with its output; and a client of their daemon. */
class PastTasks implements AsyncDisposable {
  readonly home = new GhostHome();
  readonly tasks: number[] = [];
  readonly #clients: Client[] = [];

  async begin(): Promise<Client> {
    const env = configure(this.home, { segmentSize: '64KiB' });
    for (let count = 0; count < 4; count += 1) {
      const id = await this.home.run(['head', '-c', String(outputBytes), '/dev/urandom'], { env });
      await this.home.ended(id);
      await until('its output is compressed', () => sealedOf(this.home, id).at(-1)?.to === outputBytes);
      this.tasks.push(id);
    }
    const client = await connect({ home: this.home.path, start: false });
    this.#clients.push(client);
    return client;
  }

  /** The task that ended first is 0. */
  task(index: number): number {
    const id = this.tasks[index];
    if (id === undefined) throw new Error(`there are ${this.tasks.length} tasks`);
    return id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client[Symbol.asyncDispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

describe('prune', () => {
  test('keeps the output of the newest tasks, first only saying what goes, and then once', async () => {
    await using past = new PastTasks();
    const client = await past.begin();
    const told = await client.prune({ keepTasks: 1, dryRun: true });
    expect(told.tasks.map(({ id }) => id)).toEqual(past.tasks.slice(0, 3));
    expect(told.bytes).toBe(told.tasks.reduce((sum, { bytes }) => sum + bytes, 0));
    for (const { bytes } of told.tasks) {
      expect(bytes).toBeGreaterThanOrEqual(outputBytes);
      expect(bytes).toBeLessThanOrEqual(mostOnDisk);
    }
    expect(past.home.events({ type: 'LogSegmentPruned' })).toEqual([]);
    expect(await client.status()).toMatchObject({ logBytes: 4 * outputBytes });

    expect(await client.prune({ keepTasks: 1 })).toEqual(told);
    // What can be read now, not what was ever written.
    expect(await client.status()).toMatchObject({ logBytes: outputBytes });
    expect(await client.prune({ keepTasks: 1 })).toEqual({
      tasks: [],
      tasksTotal: 0,
      bytes: 0,
      forgotten: [],
      forgottenTotal: 0,
    });
    const [event] = past.home.events({ type: 'LogSegmentPruned', task: past.task(0) });
    expect(event).toMatchObject({ data: { reason: 'request', from: 0 }, actor: { kind: 'client' } });
    for (const id of past.tasks) {
      expect(await past.home.task(id)).toMatchObject({ state: 'exited', exitCode: 0 });
      expect(existsSync(taskFolder(past.home, id))).toBe(id === past.task(3));
    }
    let bytes = 0;
    await past.home.ghost(['log', String(past.task(3))], { onStdout: (chunk) => (bytes += chunk.length) });
    expect(bytes).toBe(outputBytes);
  });

  test('to a size takes the oldest until everything fits, and no more', async () => {
    await using past = new PastTasks();
    const client = await past.begin();
    const all = await client.prune({ maxBytes: 0, dryRun: true });
    const { tasks, bytes } = await client.prune({ maxBytes: all.bytes - 10_000 });
    expect(tasks.map(({ id }) => id)).toEqual([past.task(0)]);
    // One segment of 64 KiB is enough for what the four are over it, however much lies beside each.
    expect(bytes).toBeLessThan(2 * 65_536);
    expect(bytesBelow(join(past.home.path, 'tasks'))).toBeLessThanOrEqual(all.bytes - 10_000);
    const left = sealedOf(past.home, past.task(0)).filter(({ file }) =>
      existsSync(`${taskFolder(past.home, past.task(0))}/${file}`),
    );
    expect(left.length).toBeGreaterThan(0);
    expect(left.at(-1)?.to).toBe(outputBytes);
  });

  test('of what ended before a moment takes only that', async () => {
    await using past = new PastTasks();
    const client = await past.begin();
    const { endedAt } = await past.home.task(past.task(2));
    const { tasks } = await client.prune({ endedBefore: new Date(endedAt ?? 0) });
    expect(tasks.map(({ id }) => id)).toEqual(past.tasks.slice(0, 2));
  });

  test('without a rule takes what the limits would, which within them is nothing', async () => {
    await using past = new PastTasks();
    const client = await past.begin();
    expect(await client.prune()).toEqual({ tasks: [], tasksTotal: 0, bytes: 0, forgotten: [], forgottenTotal: 0 });
  });

  test('leaves running tasks alone where it is about ended ones, and takes their segments for a size', async () => {
    await using past = new PastTasks();
    const client = await past.begin();
    const running = await past.home.run([
      'sh',
      '-c',
      `head -c ${outputBytes} /dev/urandom; echo; echo newest; exec sleep 600`,
    ]);
    await until('all of it is there, and some of it compressed', async () => {
      const { log } = await client.show(String(running));
      return log.stdoutBytes === outputBytes + '\nnewest\n'.length && sealedOf(past.home, running).length > 2;
    });
    await client.prune({ keepTasks: 0 });
    expect(past.home.events({ type: 'LogSegmentPruned', task: running })).toEqual([]);
    await client.prune({ maxBytes: 0 });
    expect(past.home.events({ type: 'LogSegmentPruned', task: running }).length).toBeGreaterThan(2);
    expect(await past.home.ok(['log', '-n', '1', String(running)])).toBe('newest');
  });
});

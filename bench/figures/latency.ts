import { setTimeout as delay } from 'node:timers/promises';

import { type Figure, interleave, timed } from '../figure.ts';
import { against, alone, atMost } from '../rows.ts';
import { plainEnvironment, runTimed } from '../support/bench-home.ts';

/** How long after something happened it is known. */
export const figures: readonly Figure[] = [
  {
    name: 'stop',
    what: 'a stop until its answer, for a task that ends at SIGTERM',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      const values: number[] = [];
      for (let round = 0; round < stage.rounds(40); round += 1) {
        const { id } = await client.run(home.task(['sleep', '1000']));
        values.push(await timed(() => client.stop(String(id))));
      }
      return [alone('stop to its answer', values, { unit: 'ms', bar: atMost('median', 20) })];
    },
  },
  {
    name: 'exit',
    what: 'the end of a task until TaskExited is committed',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      const values: number[] = [];
      for (let round = 0; round < stage.rounds(40); round += 1) {
        // Not at once, or its end would be found with its start.
        const { id } = await client.run(home.task(['sleep', '0.05']));
        await client.wait([String(id)]);
        const { events } = await client.show(String(id));
        for (const event of events) {
          // The end is the time of the status file: the kernel's coarse clock, up to 4 ms behind.
          if (event.type === 'TaskExited') values.push((event.at - event.data.endedAt) / 1000);
        }
      }
      return [alone('exit to TaskExited', values, { unit: 'ms', bar: atMost('median', 10) })];
    },
  },
  {
    name: 'first-byte',
    what: 'run until the first byte of the output, against the same program started by this one',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      const sides = {
        ghost: async () =>
          await timed(async () => {
            const { id } = await client.run(home.task(['sh', '-c', 'echo x; sleep 1']));
            await client.log(String(id), { follow: true }).next();
          }),
        sh: async () => (await runTimed(['/bin/sh', '-c', 'echo x'], { env: plainEnvironment() })).tookMs,
      };
      const values = await interleave(sides, { rounds: stage.rounds(20) });
      return [
        against('run to the first byte of output', values.ghost, {
          name: 'sh -c, to its end',
          values: values.sh,
          ratioMost: null,
        }),
      ];
    },
  },
  {
    name: 'line',
    what: 'a line written until a follower of the log has it',
    measure: async (stage) => {
      const home = stage.home();
      const client = await home.client();
      // Each line says when it was written, in nanoseconds.
      const script = `for i in $(seq ${stage.rounds(100)}); do date +%s%N; sleep 0.03; done`;
      const { id } = await client.run(home.task(['sh', '-c', script]));
      const values: number[] = [];
      await delay(0);
      for await (const { data } of client.log(String(id), { follow: true })) {
        const now = performance.timeOrigin + performance.now();
        const lines = Buffer.from(data).toString('latin1').trimEnd().split('\n');
        const written = Number(lines.at(-1)) / 1e6;
        values.push(now - written);
      }
      return [
        alone('line to follower', values, { unit: 'ms', bar: atMost('median', 10) }),
        alone('line to follower, the slowest of 100', values, { unit: 'ms', bar: atMost('p99', 50) }),
      ];
    },
  },
];

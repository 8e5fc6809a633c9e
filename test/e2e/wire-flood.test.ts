import { describe, expect, test } from 'vitest';

import { encodeFrame } from '../../src/protocol/frame.ts';
import { requestBytesMax } from '../../src/protocol/limits.ts';
import { greeting } from '../protocol/served.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { randomNumbers } from '../support/random-numbers.ts';
import { connectRaw, frameOf, request, Wellbeing } from '../support/raw-daemon.ts';

describe('a client that sends 300,000 random frames', () => {
  test('has each of them refused where they are messages, and changes nothing', async () => {
    await using home = new GhostHome();
    await home.complete(['true']);
    const daemon = await Wellbeing.of(home);
    const client = await connectRaw(home);
    client.send(greeting);
    await client.next();
    const random = randomNumbers(6);
    const together = 1_000;
    for (let round = 0; round < 30; round++) {
      const requests = Array.from({ length: together }, (_value, index) => randomRequest(index + 1, random));
      const frames = Buffer.concat(requests.map((message) => encodeFrame(message, { bytesMax: requestBytesMax })));
      const codes = new Set<string>();
      for (let times = 0; times < 10; times++) {
        client.socket.write(frames);
        for (let answer = 0; answer < together; answer++) {
          const message = await client.next();
          codes.add(message?.kind === 'error' ? message.error.code : JSON.stringify(message));
        }
      }
      expect([...codes]).toEqual(['invalid-request']);
    }
    expect(await daemon.complaints()).toEqual([]);
    client.socket.destroy();
    expect(await daemon.complaintsAfter()).toEqual([]);
  });

  test('loses its connection at the first that is none, and may come again', async () => {
    await using home = new GhostHome();
    await home.complete(['true']);
    const daemon = await Wellbeing.of(home);
    const random = randomNumbers(7);
    for (let connection = 0; connection < 300; connection++) {
      const client = await connectRaw(home);
      client.send(greeting);
      const frames = Array.from({ length: 1_000 }, () => frameOf(randomBytes(1 + random(40), random)));
      client.socket.end(Buffer.concat(frames));
      await client.rest();
    }
    expect(await daemon.complaintsAfter()).toEqual([]);
  });
});

function randomBytes(count: number, random: (below: number) => number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random(256)));
}

const operations = ['run', 'stop', 'signal', 'shutdown', 'prune', 'redact', 'log', 'watch', 'wait', '__proto__', ''];
const names = ['task', 'requestId', 'command', 'tasks', 'after', 'toString', 'filter', ''];
const values: readonly unknown[] = [
  null,
  true,
  -1,
  2 ** 53 - 1,
  1.5,
  '',
  'x',
  '\0',
  [],
  [[]],
  {},
  { constructor: null },
  Buffer.from([0, 255]),
];

/** A request that is right as a message, and whose parameters are those of no operation. */
function randomRequest(id: number, random: (below: number) => number) {
  const parameters = Object.fromEntries(
    Array.from({ length: random(5) }, () => [names[random(names.length)], values[random(values.length)]]),
  );
  const operation = operations[random(operations.length)] ?? '';
  return request(id, operation, { ...parameters, junk: values[random(values.length)] });
}

import { setImmediate as nextTurn } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { SoonWritten, gatheredMax } from '../../src/cli/past/soon-written.ts';
import { KeptOutput } from './fake-world.ts';

test('what comes at once is gathered until it is so much, or the turn is over', async () => {
  const output = new KeptOutput();
  const written = new SoonWritten(output);
  await written.add('x');
  await written.add('x'.repeat(gatheredMax - 2));
  expect(output.text).toBe('');
  // With this it is as much as is gathered.
  await written.add('y');
  expect(output.text).toHaveLength(gatheredMax);
  await written.add('z');
  expect(output.text).toHaveLength(gatheredMax);
  await nextTurn();
  expect(output.text.slice(gatheredMax)).toBe('z');
});

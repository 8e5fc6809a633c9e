import { expect, test } from 'vitest';

import { fuzz, targets } from './fuzzing.ts';

/** As much of each as takes a second or two; `npm run fuzz` goes on from there. */
const rounds: Readonly<Record<string, number>> = { messages: 2, 'command-lines': 5, words: 10, 'data-folders': 1 };

test.for(targets.map(({ name }) => name))('%s take whatever they are given and refuse what is wrong', async (name) => {
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  const { finding } = await fuzz(target, { seed: 1, wantsMore: (done) => done < (rounds[name] ?? 1) });
  expect(finding).toBeNull();
});

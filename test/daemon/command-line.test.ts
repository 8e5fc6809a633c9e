import { expect, test } from 'vitest';

import { recordedCommandLine } from '../../src/daemon/command-line.ts';

test.each([
  [['ghost', 'run', '-e', 'TOKEN=secret', 'make', '-j4'], 'ghost run -e TOKEN=… make -j4'],
  [['ghost', 'run', '--env', 'TOKEN=se=cr\net', 'true'], 'ghost run --env TOKEN=… true'],
  [['ghost', 'run', '--env=TOKEN=secret', 'true'], 'ghost run --env=TOKEN=… true'],
  [['ghost', 'run', '-eTOKEN=secret', 'true'], 'ghost run -eTOKEN=… true'],
  [['ghost', 'run', '-fe', 'TOKEN=secret', '-feOTHER=secret', 'true'], 'ghost run -fe TOKEN=… -feOTHER=… true'],
  [['ghost', 'run', '-e', 'EMPTY=', '-n', 'a=b', 'env', 'X=1'], 'ghost run -e EMPTY=… -n a=b env X=1'],
  [['ghost', 'run', 'node', '-e', 'console.log(1)'], 'ghost run node -e console.log(1)'],
])('%j is recorded without the values of the environment', (words, recorded) => {
  expect(recordedCommandLine(words)).toBe(recorded);
});

test('of a command line that is very long only the beginning is recorded', () => {
  expect(recordedCommandLine(['ghost', 'run', 'x'.repeat(10_000)])).toHaveLength(4_096);
});

import { expect, test } from 'vitest';

import { commandLineCharactersMax, recordedCommandLine } from '../../src/daemon/command-line.ts';

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

test('of a command line that is longer than may be recorded only the beginning is, with no half of a character', () => {
  const long = (units: number): string => `ghost run ${'x'.repeat(units - 'ghost run '.length)}`;
  const most = long(commandLineCharactersMax);
  expect(recordedCommandLine(most.split(' '))).toBe(most);
  expect(recordedCommandLine(long(commandLineCharactersMax + 1).split(' '))).toBe(most);
  expect(recordedCommandLine(`${long(commandLineCharactersMax - 2)}👻👻`.split(' '))).toBe(
    `${long(commandLineCharactersMax - 2)}👻`,
  );
  expect(recordedCommandLine(`${long(commandLineCharactersMax - 1)}👻`.split(' '))).toBe(
    long(commandLineCharactersMax - 1),
  );
});

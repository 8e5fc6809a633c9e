import { userInfo } from 'node:os';

import { expect, test } from 'vitest';

import { passwdNames, systemUserNames } from '../src/user-names.ts';

test('names are read from a text like /etc/passwd, the first of a uid', () => {
  const names = passwdNames(
    'root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n\n# no line\nada:x:1000:1000:A, B:/home/ada:\n:x:7::\n+::::::\n',
  );
  expect([...names]).toEqual([
    [0, 'root'],
    [1000, 'ada'],
  ]);
});

test('the own name is known, and that of nobody here is not', () => {
  const nameOf = systemUserNames();
  expect(nameOf(userInfo().uid)).toBe(userInfo().username);
  expect(nameOf(4_000_000_123)).toBe(null);
});

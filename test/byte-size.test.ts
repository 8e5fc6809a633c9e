import { expect, test } from 'vitest';

import { parseByteSize, parseSizeLimit } from '../src/byte-size.ts';

test.for([
  ['0', 0],
  ['1048576', 1_048_576],
  ['4MiB', 4 * 2 ** 20],
  ['4 mib', 4 * 2 ** 20],
  ['4M', 4 * 2 ** 20],
  ['500MB', 500_000_000],
  ['1.5GiB', 1.5 * 2 ** 30],
  ['64k', 65_536],
  ['2TB', 2_000_000_000_000],
  ['12B', 12],
  ['0.3 B', 0],
  [' 1PiB ', 2 ** 50],
] as const)('the size %j is %d bytes', ([text, bytes]) => {
  expect(parseByteSize(text)).toBe(bytes);
});

test.for([
  '',
  'MiB',
  '-1',
  '+1',
  '1e6',
  '0x10',
  '4 MiB x',
  '4  MiB',
  '4EiB',
  '1,5M',
  '.5M',
  '5.M',
  '10%',
  '9999999 PiB',
  'NaN',
])('%j is no size', (text) => {
  expect(parseByteSize(text)).toBeNull();
});

test.for([
  ['10%', { kind: 'percent', value: 10 }],
  ['0.5 %', { kind: 'percent', value: 0.5 }],
  ['100%', { kind: 'percent', value: 100 }],
  ['2GiB', { kind: 'bytes', value: 2 ** 31 }],
  ['100.5%', null],
  ['-1%', null],
  ['%', null],
  ['all', null],
] as const)('as a limit %j is read as %j', ([text, limit]) => {
  expect(parseSizeLimit(text)).toEqual(limit);
});

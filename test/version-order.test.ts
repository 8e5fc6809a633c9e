import { expect, test } from 'vitest';

import { versionAge } from '../src/version-order.ts';

test('versions stand in the order that semver gives them', () => {
  const ascending = [
    '0.1.0',
    '0.1.1',
    '0.2.0-alpha',
    '0.2.0-alpha.1',
    '0.2.0-alpha.beta',
    '0.2.0-beta',
    '0.2.0-beta.2',
    '0.2.0-beta.11',
    '0.2.0',
    '0.10.0',
    '1.0.0',
  ];
  for (const [place, version] of ascending.entries()) {
    for (const [otherPlace, own] of ascending.entries()) {
      const expected = place < otherPlace ? 'older' : place > otherPlace ? 'newer' : 'same';
      expect(`${version} ${versionAge(version, { own })} ${own}`).toBe(`${version} ${expected} ${own}`);
    }
  }
  expect(versionAge('0.2.0+build.7', { own: '0.2.0' })).toBe('same');
});

test('what is no version is neither older nor newer', () => {
  for (const text of ['', '1.2', 'v1.2.3', '0.0.0-source ', 'x']) {
    expect(versionAge(text, { own: '0.1.0' })).toBe('unknown');
  }
  expect(versionAge('9.9.9', { own: '0.0.0-source' })).toBe('unknown');
  expect(versionAge('0.0.0-source', { own: '0.1.0' })).toBe('unknown');
});

import { expect, test } from 'vitest';

import { namesShown, someOf } from '../../src/doctor/finding.ts';

test('of many names so many are told, and how many more there are', () => {
  const names = Array.from({ length: namesShown }, (_, index) => `name-${index}`);
  expect(someOf(names)).toBe(names.join(', '));
  expect(someOf([...names, 'one', 'two'])).toBe(`${names.join(', ')} and 2 more`);
});

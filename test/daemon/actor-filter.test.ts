import { expect, test } from 'vitest';

import { actorFilter } from '../../src/daemon/actor-filter.ts';
import { actor } from '../support/facts.ts';

const nameOf = (uid: number): string | null => (uid === 1000 ? 'Ada' : null);
const json = JSON.stringify(actor);

test.each([
  ['ghost-cli', true],
  ['GHOST RUN', true],
  ['pts/3', true],
  ['ada', true],
  ['1000', true],
  ['4242', true],
  // Part of a number is none, and neither are the names of the fields.
  ['100', false],
  ['42', false],
  ['commandLine', false],
  ['bob', false],
])('"%s" finds an actor: %s', (text, found) => {
  const accepts = actorFilter(text, { nameOf });
  expect([accepts(json), accepts(json)]).toEqual([found, found]);
});

test('nothing accepts all, and what is not known of an actor is not found', () => {
  expect(actorFilter(null, { nameOf })('{}')).toBe(true);
  const unknown = { ...actor, uid: null, pid: null, terminal: null, commandLine: null };
  expect(actorFilter('null', { nameOf })(JSON.stringify(unknown))).toBe(false);
});

test('very many actors are told apart, whatever is remembered of them', () => {
  const accepts = actorFilter('4242', { nameOf });
  for (let pid = 4000; pid < 6500; pid += 1) expect(accepts(JSON.stringify({ ...actor, pid }))).toBe(pid === 4242);
});

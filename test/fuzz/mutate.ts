import { oneOf, type Random } from './fuzz-target.ts';

/** Texts that something may fall over. */
const hostileTexts = [
  '',
  ' ',
  '\0',
  '\n',
  '\u001b[31m\u001b]0;x\u0007',
  '\u202egnp\u2066',
  '\u2028',
  '\ud800',
  '\ufffd',
  '👩‍👩‍👧',
  'e\u0301',
  'İıſK',
  '__proto__',
  'constructor',
  'toString',
  '-',
  '--',
  '--help',
  '-x',
  '@',
  '@last',
  '0',
  '1',
  '-1',
  '1e9',
  '0x10',
  '99999999999999999999',
  'NaN',
  'null',
  '../../etc/passwd',
  '/dev/stdin',
  '.',
  '~',
  '%s%n',
  '$(touch owned)',
  '`touch owned`',
  `=cmd|' /C calc'!A0`,
  '"\'<>&;|{}[]()*?!#\\',
  'exit:!0',
  'since:seq:0',
  'name:"',
  'a'.repeat(200),
  'a'.repeat(5_000),
  'é'.repeat(1_030),
] as const;

const hostileNumbers = [
  0,
  -0,
  -1,
  1,
  0.5,
  255,
  256,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  -(2 ** 53),
  2 ** 64,
  1e308,
] as const;

/** A text: a hostile one, several of them, or one of any characters. */
export function randomText(random: Random): string {
  switch (random(4)) {
    case 0:
      return oneOf(random, hostileTexts) + oneOf(random, hostileTexts);
    case 1:
      return String.fromCodePoint(
        ...Array.from({ length: random(20) }, () => random(random(2) === 0 ? 128 : 0x11_0000)),
      );
    default:
      return oneOf(random, hostileTexts);
  }
}

/** Something that is wrong nearly everywhere. */
function randomValue(random: Random, depth = 0): unknown {
  switch (random(depth > 3 ? 7 : 11)) {
    case 0:
      return null;
    case 1:
      return random(2) === 0;
    case 2:
      return oneOf(random, hostileNumbers);
    case 3:
      return oneOf<unknown>(random, [Number.NaN, Number.POSITIVE_INFINITY, 2n ** 62n, new Date(0), undefined, /a/]);
    case 4:
      return Buffer.from(Array.from({ length: random(30) }, () => random(256)));
    case 5:
    case 6:
      return randomText(random);
    case 7:
      return Array.from({ length: random(4) }, () => randomValue(random, depth + 1));
    case 8:
      return nested(1 + random(40));
    case 9:
      return Array.from({ length: 1_100 }, () => 'x');
    default:
      return Object.fromEntries(
        Array.from({ length: random(4) }, () => [randomText(random), randomValue(random, depth + 1)]),
      );
  }
}

/** The same value with one thing of it changed, left out, doubled or added, somewhere in it. */
export function mutated(value: unknown, random: Random): unknown {
  const isMap = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (Array.isArray(value) && value.length > 0 && random(4) > 0) {
    const place = random(value.length);
    const items: unknown[] = value.slice();
    const choice = random(4);
    if (choice === 0) items.splice(place, 1);
    else if (choice === 1) items.splice(place, 0, items[place]);
    else items[place] = mutated(items[place], random);
    return items;
  }
  if (isMap && random(8) > 0) {
    const entries = Object.entries(value);
    const place = random(entries.length + 1);
    const entry = entries[place];
    if (entry === undefined) return { ...value, [randomText(random)]: randomValue(random) };
    const [key, inner] = entry;
    const others = entries.filter(([name]) => name !== key);
    const choice = random(10);
    if (choice === 0) return Object.fromEntries(others);
    if (choice === 1) return Object.fromEntries([...others, [randomText(random), inner]]);
    return { ...value, [key]: mutated(inner, random) };
  }
  if (typeof value === 'string' && random(3) === 0) return mutatedText(value, random);
  return randomValue(random);
}

/** The same text with a piece of it cut out, doubled, replaced or put in. */
export function mutatedText(text: string, random: Random): string {
  const from = random(text.length + 1);
  const to = from + random(Math.min(20, text.length - from) + 1);
  const piece = text.slice(from, to);
  const other = oneOf(random, ['', piece + piece, randomText(random), String.fromCharCode(random(256))]);
  return text.slice(0, from) + other + text.slice(to);
}

function nested(depth: number): unknown {
  return depth === 0 ? null : depth % 2 === 0 ? [nested(depth - 1)] : { a: nested(depth - 1) };
}

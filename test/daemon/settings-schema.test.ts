import { describe, expect, test } from 'vitest';

import { formatByteSize, parseByteSize } from '../../src/byte-size.ts';
import { logKeyNames, logKeys } from '../../src/daemon/setting-keys.ts';
import { parseSettings } from '../../src/daemon/settings-file.ts';
import { settingsSchema } from '../../src/daemon/settings-schema.ts';
import { defaultSettings } from '../../src/settings.ts';

const texts = [
  '4MiB',
  '500 MB',
  '1.5g',
  '1048576',
  ' 64k ',
  '10%',
  '2.5 %',
  '100%',
  '1tib',
  '7b',
  '0',
  '',
  'MiB',
  '4 apples',
  '-1',
  '1e9',
  '4MiBs',
  '4  MiB',
  '%',
  '1_000',
];

describe('the schema of the config file', () => {
  test('names every setting that there is, and no other', () => {
    const schema = settingsSchema() as {
      readonly properties: { readonly logs: { readonly properties: Readonly<Record<string, unknown>> } };
    };
    expect(Object.keys(schema.properties.logs.properties)).toEqual(logKeyNames);
    const all = Object.fromEntries(logKeyNames.map((name) => [name, logKeys[name].default]));
    // The defaults that it tells are the defaults.
    expect(parseSettings(JSON.stringify({ logs: all }), { path: 'x' })).toEqual(defaultSettings);
  });

  test.for(logKeyNames)('takes as %s what ghost takes, and refuses what it refuses', (name) => {
    const pattern = new RegExp(logKeys[name].pattern, 'u');
    for (const text of texts) {
      const read = logKeys[name].parse(text) !== null;
      // A size that is out of bounds is no matter of its form.
      const outOfBounds = name === 'segmentSize' && parseByteSize(text) !== null;
      expect(`${text}: ${pattern.test(text)}`).toBe(`${text}: ${read || outOfBounds}`);
    }
  });
});

test.for([0, 1, 1023, 1024, 65_536, 4_194_304, 1_000_001, 2 ** 30, 3 * 2 ** 40])(
  '%i bytes are written as they are read',
  (bytes) => {
    expect(parseByteSize(formatByteSize(bytes))).toBe(bytes);
  },
);

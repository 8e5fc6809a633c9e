import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { segmentBytesMax, segmentBytesMin } from '../../src/daemon/setting-keys.ts';
import { parseSettings, readSettings, settingsPlace } from '../../src/daemon/settings-file.ts';
import { GhostError, exitStatusOf } from '../../src/ghost-error.ts';
import { defaultSettings } from '../../src/settings.ts';

const path = '/etc/some/config.json';

describe('the place of the config file', () => {
  test.for([
    [
      { GHOST_CONFIG: '/a/b.json', XDG_CONFIG_HOME: '/x', HOME: '/h' },
      { path: '/a/b.json', required: true },
    ],
    [
      { GHOST_CONFIG: '', XDG_CONFIG_HOME: '/x', HOME: '/h' },
      { path: '/x/ghost/config.json', required: false },
    ],
    [{ HOME: '/h' }, { path: '/h/.config/ghost/config.json', required: false }],
  ] as const)('with %j is %j', ([environment, place]) => {
    expect(settingsPlace(environment)).toEqual(place);
  });

  test('is the default one, and nothing there means the defaults', () => {
    expect(readSettings({ path: '/nowhere/config.json', required: false })).toEqual(defaultSettings);
  });

  test('was named, and nothing there is refused', () => {
    expect(() => readSettings({ path: '/nowhere/config.json', required: true })).toThrow(
      /^the config file \/nowhere\/config.json cannot be read: ENOENT/,
    );
  });

  test('is a file, which is read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'settings-'));
    try {
      const file = join(folder, 'config.json');
      writeFileSync(file, '{ "logs": { "keepFree": "2GiB" } }');
      expect(readSettings({ path: file, required: true }).logs.keepFreeBytes).toBe(2 ** 31);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a config file', () => {
  test.for(['{}', '{ "logs": {} }'])('that says %s leaves every default', (text) => {
    expect(parseSettings(text, { path })).toEqual(defaultSettings);
  });

  test('may set every key, as text or as a number of bytes', () => {
    const logs = { segmentSize: '1MiB', maxPerTask: 1_000_000, maxTotal: '5%', keepFree: '0' };
    expect(parseSettings(JSON.stringify({ logs }), { path })).toEqual({
      logs: { segmentBytes: 2 ** 20, perTaskBytes: 1_000_000, total: { kind: 'percent', value: 5 }, keepFreeBytes: 0 },
    });
  });

  test.for([
    [segmentBytesMin, segmentBytesMin - 1],
    [segmentBytesMax, segmentBytesMax + 1],
  ] as const)('may have segments of %i bytes, and not of %i', ([last, beyond]) => {
    const withSegments = (segmentSize: number) => parseSettings(JSON.stringify({ logs: { segmentSize } }), { path });
    expect(withSegments(last).logs.segmentBytes).toBe(last);
    expect(() => withSegments(beyond)).toThrow(/logs.segmentSize is \d+, but must be a size from 64KiB to 1GiB/);
  });

  test.for([
    ['', /is not JSON/],
    ['{ logs: 1 }', /is not JSON/],
    ['[]', /it must be an object in braces, not \[\]/],
    ['null', /it must be an object in braces, not null/],
    ['{ "logs": "4MiB" }', /logs must be an object in braces, not "4MiB"/],
    ['{ "log": {} }', /"log" is not a setting; in its place there can be: logs$/],
    [
      '{ "logs": { "segmentsize": 1 } }',
      /"logs.segmentsize" is not a setting; .* segmentSize, maxPerTask, maxTotal, keepFree$/,
    ],
    [
      '{ "logs": { "segmentSize": "4 apples" } }',
      /logs.segmentSize is "4 apples", but must be a size from 64KiB to 1GiB/,
    ],
    ['{ "logs": { "segmentSize": "1KiB" } }', /logs.segmentSize is "1KiB", but must be a size from 64KiB to 1GiB/],
    ['{ "logs": { "segmentSize": "2GiB" } }', /logs.segmentSize is "2GiB"/],
    ['{ "logs": { "maxPerTask": -1 } }', /logs.maxPerTask is -1, but must be a size such as/],
    ['{ "logs": { "maxPerTask": null } }', /logs.maxPerTask is null, but must be a size such as/],
    ['{ "logs": { "maxPerTask": "10%" } }', /logs.maxPerTask is "10%", but must be a size such as/],
    [
      '{ "logs": { "maxTotal": "110%" } }',
      /logs.maxTotal is "110%", but must be a size .* or a part of the file system/,
    ],
    ['{ "logs": { "keepFree": true } }', /logs.keepFree is true/],
    ['{ "logs": { "__proto__": 1 } }', /"logs.__proto__" is not a setting/],
  ] as const)('that says %s is refused with the name of what is wrong', ([text, message]) => {
    let thrown: unknown;
    try {
      parseSettings(text, { path });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(GhostError);
    expect(thrown).toMatchObject({ code: 'config-invalid', message: expect.stringMatching(message) });
    expect(thrown).toMatchObject({ message: expect.stringContaining(path) });
  });

  test.for([
    ['{\n  "logs": {\n    "keepFree": "x"\n  }\n}', 3],
    ['{\n  "logs": {\n    "keepFree": "1GiB",\n    "keepFre": "1GiB"\n  }\n}', 4],
    ['{\n\n"log": {}}', 3],
    ['{\n  "logs": {\n    "keepFree": "1GiB",\n  }\n}', 4],
    ['{\n  "logs": {\n    "keepFree": "1GiB",\n    "keepFree": "2GiB"\n  }\n}', 4],
    ['{\r\n  "logs":\r\n [] }', 3],
    ['{\n  "logs": {\n', 2],
    ['{\n  "logs": {}\n}\nand more', 4],
    ['{\n  "logs": x\n}', 2],
  ] as const)('that says %j is refused by its line', ([text, line]) => {
    expect(() => parseSettings(text, { path })).toThrow(`the config file ${path} is wrong in line ${line}: `);
  });

  test('that is wrong keeps the daemon from being started, which is exit status 4', () => {
    expect(exitStatusOf('config-invalid')).toBe(4);
  });
});

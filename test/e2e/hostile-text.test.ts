import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { encodeFrame } from '../../src/protocol/frame.ts';
import { frameBytesMax } from '../../src/protocol/limits.ts';
import { greeting } from '../protocol/served.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { drawOnTerminal, type Drawn } from '../support/on-terminal.ts';
import { connectRaw, request } from '../support/raw-daemon.ts';

/** What steers a terminal: a title, a colour, a clipboard, C1, the bell, carriage return, backspace, delete. */
const steering =
  '\u001b]0;owned\u0007\u001b[31m\u001b]52;c;AA==\u001b\\\u009b31m\u0085\u0090q\u009c\r\b\u007f\n\t\u0000'.replace(
    '\0',
    '',
  );
/** What turns the direction of writing or ends a line, without being a control character. */
const turning = '\u202egnp.exe\u2066\u2069\u200f\u061c\u2028\u2029';
const formula = `=cmd|' /C calc'!A0`;
const markup = `"'></script><img src=x onerror=alert(1)>]}]]>--&lt;`;
const hostile = `${steering}${turning}${formula}${markup}`;
/** What names may hold of it. */
const name = `n${turning}${markup}`;
const tag = `t${turning.replaceAll(/\s/g, '')}=1+1`;
/** The same in bytes that are no UTF-8, for output. */
const output = Buffer.concat([Buffer.from(hostile), Buffer.from([0xff, 0xc0, 0x80, 0x9b, 0x33, 0x31, 0x6d, 0x0a])]);

/** What no command may send to a terminal. Its own colours are all that a command has of escape sequences. */
function unwanted({ words, bytes }: Drawn): readonly string[] {
  const text = bytes.toString();
  const found = text
    .replaceAll(/\u001b\[[\d;]*m/g, '')
    .match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu);
  const raw = bytes.includes(0x9b) && !Buffer.from(text).equals(bytes) ? ['bytes that are no UTF-8'] : [];
  const traces = /^ {4}at /m.test(text) ? ['a stack trace'] : [];
  const what = [...new Set([...(found ?? []), ...raw, ...traces])];
  return what.length === 0 ? [] : [JSON.stringify([...words.slice(0, 3), what.join(' '), text.slice(0, 400)])];
}

/** A home whose every text is hostile, with tasks that ran, failed, could not be started and still run. */
async function hostileHome(home: GhostHome): Promise<void> {
  const folder = join(home.work, hostile.replaceAll('/', '|').slice(0, 60));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(home.work, 'output'), output);
  const env = { [`NAME${steering}`]: hostile, TOKEN: hostile };
  const cat = join(home.work, 'output');
  await home.ended(
    await home.run(['-n', name, '-t', tag, 'sh', '-c', `cat ${cat}; cat ${cat} >&2`, hostile], { env, cwd: folder }),
  );
  await home.ended(
    await home.run(['-n', name, 'sh', '-c', `cat ${cat}; echo 2; exit 3`, `${hostile}2`], { cwd: folder }),
  );
  await home.ghost(['run', '--', `./${hostile}`], { env, cwd: folder });
  await home.run(['sh', '-c', 'exec sleep 600', hostile], { env, cwd: folder });
  // Somebody else's client, which says of itself what it likes.
  const client = await connectRaw(home);
  client.send({ ...greeting, program: hostile.slice(0, 200), terminal: hostile.slice(0, 200) });
  client.socket.write(
    encodeFrame(request(1, 'rename', { requestId: 'r-1', task: '4', name: `x${turning}` }), {
      bytesMax: frameBytesMax,
    }),
  );
  while ((await client.next())?.kind !== 'response');
  client.socket.destroy();
}

const id = '1';

/** Every command, with texts of tasks to show and with hostile words of its own. */
const commands: readonly (readonly string[])[] = [
  ['list'],
  ['list', '--all', '--json'],
  ['list', '--at', hostile],
  ['list', '--state', hostile],
  ['show', id],
  ['show', '3'],
  ['show', '--json', id],
  ['show', '--env', id],
  ['show', '--env', '--reveal', '--json', id],
  ['show', hostile],
  ['history'],
  ['history', '--json'],
  ['history', '--stats'],
  ['history', '--stats', '--json'],
  ['history', hostile],
  ['history', `name:${hostile}`],
  ['history', `since:${hostile}`],
  ['history', `exit:${hostile}`, '--json'],
  ['audit'],
  ['audit', '--json'],
  ['audit', '--type', hostile],
  ['audit', '--actor', hostile, '--json'],
  ['audit', '--verify'],
  ['timeline'],
  ['timeline', id],
  ['timeline', '--json', id],
  ['timeline', '3', '4', '1'],
  ['why', id],
  ['why', '2'],
  ['why', '3'],
  ['why', '4'],
  ['why', '--json', '3'],
  ['diff', id, '2'],
  ['diff', '--env', '--reveal', id, '2'],
  ['diff', '--json', id, '2'],
  ['diff', '--ignore', `(${hostile}`, id, '2'],
  ['log', '--json', id],
  ['log', '--since', hostile, id],
  ['log', hostile],
  ['log', '-g', `(${hostile}`, id],
  ['grep', 'owned'],
  ['grep', '--json', 'owned'],
  ['grep', '-C', '2', 'png|gnp', id],
  ['grep', `(${hostile}`],
  ['wait', '--log', hostile.replaceAll(/[^\p{L}\p{Cc}\p{Cf}]/gu, ''), '2'],
  ['wait', '--timeout', '1ms', '--log', 'never\u009b\u202e', '4'],
  ['wait', '--timeout', hostile, '4'],
  ['status'],
  ['status', '--json'],
  ['config'],
  ['config', '--json'],
  ['doctor'],
  ['doctor', '--json'],
  ['rename', id, hostile],
  ['rename', id, name],
  ['rename', '--json', id, name],
  ['tag', id, `+${tag}`],
  ['tag', id, `+${hostile}`],
  ['tag', id, hostile],
  ['stop', hostile],
  ['kill', '-s', hostile, id],
  ['run', '--', hostile],
  ['run', '-C', hostile, 'true'],
  ['run', '-n', hostile, 'true'],
  ['run', '-t', hostile, 'true'],
  ['run', '-e', hostile, 'true'],
  ['run', '--timeout', hostile, 'true'],
  ['run', '--batch', 'batch'],
  ['run', '--batch', '--json', 'batch'],
  ['run', '--batch', hostile],
  ['restart', '--json', id],
  ['restart', hostile],
  ['prune', '--dry-run', '--keep', '0'],
  ['prune', '--older', hostile],
  ['prune', '--max-log', hostile],
  ['redact', id, '--env', hostile.replaceAll('=', '')],
  ['export', id, '--json', hostile],
  ['export', id, '--cast', 'cast', '--size', hostile],
  ['export', id, '--json', '-'],
  ['replay', '--speed', hostile, id],
  ['replay', hostile],
  ['completion', hostile],
  ['completion', '--candidates', '--', 'show', ''],
  ['completion', '--candidates', '--', 'history', '--tag', ''],
  ['help', hostile],
  [hostile],
  ['list', `--${hostile}`],
  ['shutdown', '--grace', hostile],
];

describe('hostile text', () => {
  test('in anything that ghost shows reaches no terminal', async () => {
    await using home = new GhostHome();
    await hostileHome(home);
    const lines = [
      { command: ['true', hostile], name },
      { command: [hostile] },
      { command: ['true'], name: hostile },
      { command: ['true'], [hostile]: 1 },
      { command: ['true'], cwd: hostile },
    ];
    writeFileSync(
      join(home.work, 'batch'),
      `${lines.map((line) => JSON.stringify(line)).join('\n')}\n${hostile.replaceAll('\n', '')}\n`,
    );
    const drawn = await drawOnTerminal(home, commands, { columns: 100 });
    expect(drawn.flatMap(unwanted)).toEqual([]);
    // And something was shown by all of them, so that this tells something.
    expect(drawn.filter(({ bytes }) => bytes.length === 0).map(({ words }) => words)).toEqual([]);
    const log = readFileSync(join(home.path, 'daemon.log'));
    expect(unwanted({ words: ['daemon.log'], bytes: log })).toEqual([]);
  });

  test('in the settings is told of without being shown', async () => {
    await using home = new GhostHome();
    const config = join(home.work, `c${turning}.json`);
    const env = { GHOST_CONFIG: config };
    const said: (readonly string[])[] = [];
    for (const settings of [
      JSON.stringify({ [hostile]: 1 }),
      JSON.stringify({ logs: { [hostile]: hostile } }),
      JSON.stringify({ logs: { maxTotal: hostile } }),
      `{ "logs": ${steering} }`,
      hostile,
    ]) {
      writeFileSync(config, settings);
      const drawn = await drawOnTerminal(home, [['list'], ['config'], ['doctor'], ['daemon']], { columns: 100, env });
      said.push(...drawn.map(unwanted));
      expect(drawn.every(({ bytes }) => bytes.length > 0)).toBe(true);
    }
    expect(said.flat()).toEqual([]);
  });

  test('comes back from JSON as it was', async () => {
    await using home = new GhostHome();
    await hostileHome(home);
    expect(JSON.parse(await home.ok(['list', '--all', '--json']))).toMatchObject([
      { command: ['sh', '-c', expect.any(String), hostile], name, tags: [tag] },
      { command: ['sh', '-c', expect.any(String), `${hostile}2`], name },
      { command: [`./${hostile}`] },
      { command: ['sh', '-c', 'exec sleep 600', hostile] },
    ]);
  });
});

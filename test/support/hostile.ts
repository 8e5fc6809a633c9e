import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { encodeFrame } from '../../src/protocol/frame.ts';
import { frameBytesMax } from '../../src/protocol/limits.ts';
import { greeting } from '../protocol/served.ts';
import type { GhostHome } from './ghost-home.ts';
import type { Drawn } from './on-terminal.ts';
import { connectRaw, request } from './raw-daemon.ts';

/** What steers a terminal: a title, a colour, a clipboard, C1, the bell, carriage return, backspace, delete. */
export const steering =
  '\u001b]0;owned\u0007\u001b[31m\u001b]52;c;AA==\u001b\\\u009b31m\u0085\u0090q\u009c\r\b\u007f\n\t\u0000'.replace(
    '\0',
    '',
  );
/** What turns the direction of writing or ends a line, without being a control character. */
export const turning = '\u202egnp.exe\u2066\u2069\u200f\u061c\u2028\u2029';
const formula = `=cmd|' /C calc'!A0`;
const markup = `"'></script><img src=x onerror=alert(1)>]}]]>--&lt;`;
export const hostile = `${steering}${turning}${formula}${markup}`;
/** What names may hold of it. */
export const name = `n${turning}${markup}`;
export const tag = `t${turning.replaceAll(/\s/g, '')}=1+1`;
/** The same in bytes that are no UTF-8, for output. */
const output = Buffer.concat([Buffer.from(hostile), Buffer.from([0xff, 0xc0, 0x80, 0x9b, 0x33, 0x31, 0x6d, 0x0a])]);

/** What no command may send to a terminal. Its own colours are all that a command has of escape sequences. */
export function unwanted({ words, bytes }: Drawn): readonly string[] {
  const text = bytes.toString();
  const found = text
    .replaceAll(/\u001b\[[\d;]*m/g, '')
    .match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu);
  const raw = bytes.includes(0x9b) && !Buffer.from(text).equals(bytes) ? ['bytes that are no UTF-8'] : [];
  const traces = /^ {4}at /m.test(text) ? ['a stack trace'] : [];
  const what = [...new Set([...(found ?? []), ...raw, ...traces])];
  return what.length === 0 ? [] : [JSON.stringify([...words.slice(0, 3), what.join(' '), around(text, what[0] ?? '')])];
}

/** Makes every text of a home hostile, with tasks that ran, failed, could not be started and still run. */
export async function fillHostile(home: GhostHome): Promise<void> {
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
  // About as long as one argument can be.
  const long = `${turning}\u009b`.repeat(4_500);
  await home.complete(['true', long, long]);
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

function around(text: string, what: string): string {
  const place = Math.max(0, what === 'a stack trace' ? text.search(/^ {4}at /m) : text.indexOf(what));
  return text.slice(Math.max(0, place - 100), place + 200);
}

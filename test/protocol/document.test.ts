import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as v from 'valibot';
import { describe, expect, it } from 'vitest';

import { GhostError } from '../../src/ghost-error.ts';
import { encodeFrame } from '../../src/protocol/frame.ts';
import * as limits from '../../src/protocol/limits.ts';
import type { ClientMessage, DaemonMessage } from '../../src/protocol/messages.ts';
import { schemas } from '../../src/protocol/request-schemas.ts';
import { isOperation, isStreamOperation } from '../../src/protocol/validate.ts';
import { serve } from './served.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'protocol', 'PROTOCOL.md'), 'utf8');

const hello: ClientMessage = { kind: 'hello', protocol: 1, program: 'demo 1.0', pid: 77, terminal: null };
const request: ClientMessage = { kind: 'request', id: 1, operation: 'show', parameters: { task: '42', at: null } };
const refusal = new GhostError('no-such-task', 'there is no task 42', { hint: 'ghost list', field: 'task' });
const answer: DaemonMessage = { kind: 'error', id: 1, error: refusal.toShape() };

describe('PROTOCOL.md', () => {
  it('has the bytes that ghost sends', () => {
    const [asked, answered] = examples();
    expect(asked).toBe(encoded(hello, request));
    expect(answered).toBe(encoded(answer));
  });

  it('has bytes that the daemon answers as it says', async () => {
    await using served = await serve({
      show: async () => {
        throw refusal;
      },
    });
    const raw = await served.connectRaw();
    raw.socket.write(Buffer.from(examples()[0] ?? '', 'hex'));
    expect(await raw.next()).toMatchObject({ kind: 'hello', protocol: limits.protocolVersion });
    expect(await raw.next()).toEqual(answer);
  });

  it('has every limit with its value, and no other', () => {
    const rows = text.matchAll(/^\| `(\w+)` \| (\d+) \|/gm);
    expect(Object.fromEntries([...rows].map(([, name, value]) => [name, Number(value)]))).toEqual({ ...limits });
  });

  it('has the version that is spoken', () => {
    expect(text).toContain(`\nVersion ${limits.protocolVersion}. `);
  });

  it('has every operation, says which are streams, and which are done once', () => {
    const operations = section('Operations').matchAll(/^\| `(\w+)`(, a stream)?(, done once)? \|/gm);
    const told = [...operations].map(([, name, stream, once]) => ({
      name,
      stream: stream !== undefined,
      once: once !== undefined,
    }));
    const real = Object.entries(schemas).map(([name, schema]) => ({
      name,
      stream: isOperation(name) && isStreamOperation(name),
      once: parametersOf(schema).has('requestId'),
    }));
    expect(told.toSorted(byName)).toEqual(real.toSorted(byName));
  });

  it('has every parameter of every operation, and no other', () => {
    const rows = section('Operations').matchAll(/^\| `(\w+)`[^|]*\| ([^|]*) \|/gm);
    const told = [...rows].map(([, name = '', parameters = '']) => {
      // What stands in brackets are values.
      const names = parameters.replaceAll(/\([^)]*\)/g, '').matchAll(/`(\w+)`/g);
      return [name, new Set([...names].map(([, parameter]) => parameter))];
    });
    const real = Object.entries(schemas).map(([name, schema]) => {
      return [name, parametersOf(schema)];
    });
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(real));
  });
});

/** The bytes of each example, without what is said of them. */
function examples(): readonly string[] {
  return [...text.matchAll(/^```bytes\n(.*?)^```/gms)].map(([, block = '']) =>
    block
      .split('\n')
      .map((line) => /^(?:[0-9a-f]{2} {1,2})*/.exec(line)?.[0].replaceAll(' ', '') ?? '')
      .join(''),
  );
}

function section(title: string): string {
  return text.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
}

function encoded(...messages: readonly unknown[]): string {
  return Buffer.concat(messages.map((message) => encodeFrame(message, { bytesMax: limits.frameBytesMax }))).toString(
    'hex',
  );
}

function byName(a: { readonly name: string | undefined }, b: { readonly name: string | undefined }): number {
  return (a.name ?? '').localeCompare(b.name ?? '');
}

/** All of them must be there, so that a request without any is told of each. */
function parametersOf(schema: v.GenericSchema): ReadonlySet<unknown> {
  const { issues = [] } = v.safeParse(schema, {});
  return new Set(issues.map(({ path }) => path?.[0]?.key));
}

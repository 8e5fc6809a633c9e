import { hash } from 'node:crypto';

/** An environment entry; the value is bytes where it is not valid UTF-8. The order is the one it was given in. */
export type EnvironmentPair = readonly [name: string, value: string | Uint8Array];

/** An environment as it is stored: under the SHA-256 of its text, so that a thousand equal ones take one row. */
export interface EncodedEnvironment {
  readonly hash: string;
  readonly text: string;
}

export function encodeEnvironment(entries: readonly EnvironmentPair[]): EncodedEnvironment {
  const text = JSON.stringify(
    entries.map(([name, value]) =>
      typeof value === 'string' ? [name, value] : [name, { base64: Buffer.from(value).toString('base64') }],
    ),
  );
  return { hash: hash('sha256', text, 'hex'), text };
}

export function decodeEnvironment(text: string): readonly EnvironmentPair[] {
  const entries = JSON.parse(text) as readonly (readonly [string, string | { readonly base64: string }])[];
  return entries.map(([name, value]) => [
    name,
    typeof value === 'string' ? value : Buffer.from(value.base64, 'base64'),
  ]);
}

import { hash } from 'node:crypto';

/** An environment entry; the value is bytes where it is not valid UTF-8. The order is the one it was given in. */
export type EnvironmentPair = readonly [name: string, value: string | Uint8Array];

/** What stands in place of a value that was removed from the store for good. */
interface Redacted {
  readonly redacted: true;
}
/** An entry as the store has it. */
export type StoredPair = readonly [name: string, value: string | Uint8Array | Redacted];

/** An environment as it is stored: under the SHA-256 of its text, so that a thousand equal ones take one row. */
export interface EncodedEnvironment {
  readonly hash: string;
  readonly text: string;
}

/**
 * @param options.spaces stand before the text and change nothing but its hash: what was redacted keeps the hash of what it
 *   was, so that the same environment, given once more, needs another one.
 */
export function encodeEnvironment(
  entries: readonly EnvironmentPair[],
  { spaces = 0 }: { readonly spaces?: number } = {},
): EncodedEnvironment {
  const text = `${' '.repeat(spaces)}${storedText(entries)}`;
  return { hash: hash('sha256', text, 'hex'), text };
}

/** The JSON of entries, without white space: the text of each is found in that of the whole. */
export function storedText(entries: readonly StoredPair[]): string {
  return JSON.stringify(
    entries.map(([name, value]) =>
      value instanceof Uint8Array ? [name, { base64: Buffer.from(value).toString('base64') }] : [name, value],
    ),
  );
}

export function decodeEnvironment(text: string): readonly StoredPair[] {
  const entries = JSON.parse(text) as readonly (readonly [string, string | { readonly base64: string } | Redacted])[];
  return entries.map(([name, value]) => {
    if (typeof value === 'string' || 'redacted' in value) return [name, value];
    return [name, Buffer.from(value.base64, 'base64')];
  });
}

export function isRedacted(value: StoredPair[1]): value is Redacted {
  return typeof value === 'object' && 'redacted' in value;
}

/** Whether nothing of an environment was removed, so that a task can be given it. */
export function isWhole(entries: readonly StoredPair[]): entries is readonly EnvironmentPair[] {
  return !entries.some(([, value]) => isRedacted(value));
}

/** The variables whose values were removed. */
export function redactedNames(entries: readonly StoredPair[]): readonly string[] {
  return entries.filter(([, value]) => isRedacted(value)).map(([name]) => name);
}

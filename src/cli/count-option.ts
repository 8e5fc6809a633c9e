import { GhostError } from '../ghost-error.ts';
import { visible } from '../words/visible.ts';
import type { ParsedOptions } from './parse.ts';

/**
 * The whole number that an option was given, or null where it was not given.
 * @throws GhostError `usage`: `"ten" is no number of lines`.
 */
export function countOption(
  options: ParsedOptions,
  { long, of, hint }: { readonly long: string; readonly of: string; readonly hint: string },
): number | null {
  const text = options.value(long);
  if (text === null) return null;
  if (!/^\d{1,15}$/.test(text)) {
    throw new GhostError('usage', `"${visible(text)}" is no number of ${of}`, { hint });
  }
  return Number(text);
}

import { GhostError } from '../ghost-error.ts';
import { quoteCommand } from '../shell-quote.ts';
import { visible } from './visible.ts';

/**
 * Tells why a pattern is no regular expression and, where a bracket or a quantifier is to blame, at which character.
 * The hint is the pattern with every special character taken literally, which is mostly what was meant.
 */
export function refusedPattern(pattern: string, error: SyntaxError): GhostError {
  const reason = error.message.slice(error.message.lastIndexOf(': ') + 2);
  const place = placeOf(pattern);
  const where = place === null ? '' : `, at character ${place + 1}`;
  const why = `${reason.slice(0, 1).toLowerCase()}${reason.slice(1)}`;
  const literal = pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return new GhostError('usage', `"${visible(pattern)}" is no regular expression: ${why}${where}`, {
    hint: `${quoteCommand([literal])}  (for just these characters)`,
    cause: error,
  });
}

/** Tells that a pattern was given up. */
export function patternTooSlow(pattern: string, { limitMs }: { readonly limitMs: number }): GhostError {
  const message = `"${visible(pattern)}" takes too long here: it was given up after ${limitMs / 1_000} s`;
  return new GhostError('usage', message, {
    hint: 'a pattern in which no repeat holds another and none follows another over the same text: a+ instead of (a+)+',
  });
}

/** Where a bracket is left open or closed too often, or a quantifier has nothing before it; null where none is. */
function placeOf(pattern: string): number | null {
  const open: number[] = [];
  let repeatable = false;
  for (const token of pattern.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|\(\?<?[:=!]|[^]/g)) {
    const [spelled] = token;
    const { index } = token;
    // A class without its end is not a token of its own, and neither is a lone backslash.
    if (spelled === '[' || spelled === '\\') return index;
    if (/^[*+?]$/.test(spelled) && !repeatable) return index;
    // After a quantifier one `?` more makes it lazy.
    repeatable = /^[*+]$/.test(spelled) || !/^(?:\(.*|[|^?])$/.test(spelled);
    if (spelled.startsWith('(')) open.push(index);
    else if (spelled === ')' && open.pop() === undefined) return index;
  }
  return open.at(-1) ?? null;
}

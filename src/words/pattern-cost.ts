/** So long are the lines in which one repeat cannot take long, in bytes: it is tried from each of their places. */
export const shortLineBytesMax = 1024;

const newline = 0x0a;

/**
 * How many times over a pattern leaves it open how much of a line a part of it takes: each repeat, and each choice within
 * a group. With none its search takes as long as the line; with one, at most as long as the square of it; with more it
 * can take for ever. Of alternatives the one with the most counts.
 */
export function openEnds(source: string): number {
  let most = 0;
  let count = 0;
  let depth = 0;
  for (const [token] of source.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|\(\?(?:<?[=!]|:|<[^>]*>|[^)]*:)|[*+?}]\?|[^]/g)) {
    if (token.startsWith('(')) depth += 1;
    else if (token === ')') depth -= 1;
    else if (/^[*+?}]/.test(token)) count += 1;
    else if (token === '|' && depth > 0) count += 1;
    else if (/^\\[1-9k]/.test(token)) return Infinity;
    else if (token === '|') count = 0;
    most = Math.max(most, count);
  }
  return most;
}

/** Whether no line of a block is long, where one repeat would take long. */
export function hasShortLines(block: Buffer): boolean {
  for (let from = 0; from + shortLineBytesMax < block.length;) {
    const end = block.lastIndexOf(newline, from + shortLineBytesMax);
    if (end < from) return false;
    from = end + 1;
  }
  return true;
}

/** How many columns of a terminal a text takes. */
export type Measure = (text: string) => number;

const ascii = /^[\x20-\x7e]*$/;

/**
 * Characters that stand for themselves whatever is beside them: Latin, Greek, Cyrillic, punctuation, arrows, lines;
 * kana, Chinese characters, Hangul syllables and emoji that are one character. Left out is all that combines, such as
 * accents of their own, flags, skin tones, joiners and variation selectors, and every script that is not named.
 */
const narrow =
  '\\x20-\\x7e\\u00a0-\\u00ac\\u00ae-\\u02ff\\u0370-\\u0482\\u048a-\\u052f\\u1e00-\\u1fff\\u2010-\\u2027\\u2030-\\u205e\\u20a0-\\u20bf\\u2190-\\u22ff\\u2500-\\u259f';
const wide =
  '\\u3000-\\u3029\\u3041-\\u3096\\u309b-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3\\uff01-\\uff60';
const emoji = '(?![\\u{1f1e6}-\\u{1f1ff}\\u{1f3fb}-\\u{1f3ff}])\\p{Emoji_Presentation}';
const simple = new RegExp(`^(?:[${narrow}${wide}]|${emoji})*$`, 'u');
const wideCharacters = new RegExp(`[${wide}]|${emoji}`, 'gu');

/**
 * The way to measure these texts and their parts. string-width knows everything about emoji and combining characters,
 * and takes longer to load than the whole rest of a `ghost list`: it is asked only where one of them is in sight.
 */
export async function measureFor(texts: readonly string[]): Promise<Measure> {
  // Mostly that is all, and the patterns of the others take as long to compile as a table to draw. What is cut ends with
  // `…`, which is one column and one code unit.
  if (ascii.test(texts.join(''))) return (text) => text.length;
  if (texts.every((text) => simple.test(text))) return simpleWidth;
  const { default: stringWidth } = await import('string-width');
  return (text) => (simple.test(text) ? simpleWidth(text) : stringWidth(text));
}

function simpleWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  // A wide one beyond the BMP is two code units long already.
  const wideOnes = text.match(wideCharacters) ?? [];
  return text.length + wideOnes.filter((character) => character.length === 1).length;
}

/** A text cut to at most so many columns, never inside a character, with `…` for what is left out. */
export function cutTo(text: string, { columns, measure }: { columns: number; measure: Measure }): string {
  if (measure(text) <= columns) return text;
  if (columns < 1) return '';
  // `…` is wide in some East Asian fonts; terminals, like string-width, count it as one.
  if (ascii.test(text)) return `${text.slice(0, columns - 1)}…`;
  let kept = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += measure(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

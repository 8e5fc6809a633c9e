/**
 * C0 and C1 controls, DEL, the two Unicode line ends, the characters that turn the direction of writing, and halves of
 * surrogate pairs: whatever could move the cursor, or make a line look like another one.
 * By their numbers, which are fixed: a class of Unicode's that is named has V8 ask for its whole table, a third of a
 * millisecond at the start of every command.
 */
const unseen = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/** Text with its control characters made visible: `\n`, `\e`, `\x07`, `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(unseen, (character) => named[character] ?? numbered(character));
}

/** Whether `visible` would change the text. */
export function hasUnseen(text: string): boolean {
  return text.search(unseen) !== -1;
}

function numbered(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code < 256 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
}

import { GhostError } from '../ghost-error.ts';
import { visible } from './visible.ts';

/** A character as it was meant: between quotes it stands for itself and nothing else. */
interface TypedCharacter {
  readonly character: string;
  /** Where it was typed, from 0, in the code units of the whole. */
  readonly at: number;
  readonly quoted: boolean;
}

/** A word, or a part of one, and where it was typed. */
export interface TypedPiece {
  readonly characters: readonly TypedCharacter[];
  readonly from: number;
  readonly to: number;
}

/**
 * Something in what was typed is wrong: `text` is the whole of it, and the wrong piece of it lies from `from` up to
 * `to` (code units, from 0), so that whoever shows the refusal can point at it. The message names the piece and its
 * column.
 */
export class WrongPiece extends GhostError {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** The message without the column. */
  readonly reason: string;

  constructor(reason: string, { text, from, to, hint }: { text: string; from: number; to: number; hint: string }) {
    const before = text.slice(0, from);
    super('usage', `column ${[...before].length + 1}: ${reason}`, { hint });
    this.reason = reason;
    this.text = text;
    this.from = from;
    this.to = to;
  }

  /** GhostError knows its own by their name, which is that of this one as well. */
  static override [Symbol.hasInstance](value: unknown): value is WrongPiece {
    return value instanceof GhostError && 'reason' in value;
  }
}

/**
 * Cuts what was typed into its words at white space, of which quoted text has none: `a "b c" name:'d e'`. Quotes open
 * at the beginning of a word and after one of `:`, `!` and `,`; anywhere else (`don't`) they are characters as others.
 * Between double quotes, `\"` and `\\` stand for the quote and the backslash.
 * @param options.whole it is one word, white space and all.
 * @throws WrongPiece where a quote is not closed.
 */
export function splitWords(text: string, { whole = false }: { readonly whole?: boolean } = {}): readonly TypedPiece[] {
  const words: TypedPiece[] = [];
  let characters: TypedCharacter[] = [];
  let from: number | null = null;
  const end = (to: number): void => {
    if (from !== null) words.push({ characters, from, to });
    characters = [];
    from = null;
  };
  for (let at = 0; at < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (/\s/u.test(character) && !whole) {
      end(at);
      at += character.length;
      continue;
    }
    const before = from === null ? undefined : characters.at(-1);
    const opens = from === null || (before !== undefined && !before.quoted && ':!,'.includes(before.character));
    from ??= at;
    if ((character === '"' || character === "'") && opens) {
      const { inside, next } = readQuoted(text, at);
      characters.push(...inside);
      at = next;
    } else {
      characters.push({ character, at, quoted: false });
      at += character.length;
    }
  }
  end(text.length);
  return words;
}

/** What a piece says, its quotes taken away. */
export function textOf({ characters }: TypedPiece): string {
  return characters.map(({ character }) => character).join('');
}

/** The parts of a piece between the unquoted characters of one kind; without one, the piece itself. */
export function splitPiece(piece: TypedPiece, separator: string): readonly TypedPiece[] {
  const parts: TypedPiece[] = [];
  let rest = piece;
  for (;;) {
    const place = findUnquoted(rest, separator);
    if (place === null) return [...parts, rest];
    const [part, after] = cutPiece(rest, place);
    parts.push(part);
    rest = after;
  }
}

/** The place of the first unquoted character of a kind, or null. */
export function findUnquoted({ characters }: TypedPiece, wanted: string): number | null {
  const place = characters.findIndex(({ character, quoted }) => character === wanted && !quoted);
  return place === -1 ? null : place;
}

/** What stands before the character at a place, and what stands behind it. */
export function cutPiece(
  { characters, from, to }: TypedPiece,
  place: number,
): readonly [before: TypedPiece, after: TypedPiece] {
  const cut = characters[place]?.at ?? to;
  return [
    { characters: characters.slice(0, place), from, to: cut },
    { characters: characters.slice(place + 1), from: Math.min(cut + 1, to), to },
  ];
}

interface Quoted {
  readonly inside: readonly TypedCharacter[];
  readonly next: number;
}

function readQuoted(text: string, start: number): Quoted {
  const quote = text[start];
  const inside: TypedCharacter[] = [];
  for (let at = start + 1; at < text.length;) {
    if (text[at] === quote) return { inside, next: at + 1 };
    const escaped = quote === '"' && /^\\["\\]/.test(text.slice(at, at + 2));
    const from = escaped ? at + 1 : at;
    const character = String.fromCodePoint(text.codePointAt(from) ?? 0);
    inside.push({ character, at, quoted: true });
    at = from + character.length;
  }
  const piece = text.slice(start);
  throw new WrongPiece(`the quote of ${visible(piece)} is not closed`, {
    text,
    from: start,
    to: text.length,
    hint: `${visible(piece)}${quote}`,
  });
}

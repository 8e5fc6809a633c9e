/**
 * A pattern is meant for one line, and run over a whole block of them at once, which is many times faster. The pattern
 * for the block has to begin a match in every line in which the given one matches; that it may do so in others as well
 * is what the second look at each of those lines is for. So whatever is hard to carry over is made wider, never
 * narrower: `.` and `[^x]` stop at the line's end, looking ahead and behind is left out, groups capture nothing.
 *
 * The cheapest text of a block is its bytes, one character each (latin1). ASCII is itself there, but a longer
 * character counts as two to four, and this is taken into account: `.*` runs over such bytes as over characters, while
 * one `.` or `.{3}` cannot tell where a character ends and has a form for decoded text only.
 */
interface BlockPattern {
  /** For a block decoded as text. */
  readonly text: string;
  /** For a block decoded as latin1, or null where characters have to be told apart. */
  readonly bytes: string | null;
  /** ASCII that every match holds, "" for none. To look for it first spares what would be tried in vain everywhere. */
  readonly needed: string;
}

/**
 * The pattern for a block, to be compiled with the same flags, `m` besides, and without `s`. The given one must be
 * right with those flags. Null where it holds what cannot be carried over (`\1`, `(?i:`): its lines are looked at one
 * by one.
 */
export function blockPattern(pattern: string, flags: string): BlockPattern | null {
  try {
    const { text, bytes, needed } = new Translation(pattern, flags).whole();
    const ignoresCase = flags.includes('i');
    // With both flags, k is also the Kelvin sign and s the long s.
    return { text, bytes: flags.includes('u') && ignoresCase ? null : bytes, needed: ignoresCase ? '' : needed };
  } catch (error) {
    if (error instanceof Untranslatable) return null;
    throw error;
  }
}

class Untranslatable extends Error {}

interface Atom extends Omit<BlockPattern, 'needed'> {
  /** It may match characters that are no ASCII, so that one of it can be several bytes. */
  readonly wide: boolean;
}

const everything = '[^\\n]';
const nothing: Atom = { text: '(?:)', bytes: '(?:)', wide: false };
const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/;
const endless = /^(?:[*+]|\{\d+,\})/;
const lookaround = /^\(\?<?[=!]/;
const plainGroup = /^\((?:\?:|\?<[^=!][^>]*>|(?!\?))/;
/** Escapes that mean one ASCII character, or a boundary between ASCII characters, however the text is decoded. */
const asciiEscape = /^\\(?:[dwbBtvfrn]|0(?!\d)|[^0-9A-Za-z\u0080-\u{10ffff}])/u;
const escape = /^\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\dA-Fa-f]{4}|x[\dA-Fa-f]{2}|c[A-Za-z]|[^])/u;

/** One character of ASCII that stands for itself, as it is or behind a backslash. */
const literalAtom = /^(?:\\(?=[^0-9A-Za-z]))?([^^$|\\\u0080-\u{10ffff}]|(?<=\\)[\\^$|])$/u;

class Translation {
  readonly #pattern: string;
  readonly #flags: string;
  #at = 0;

  constructor(pattern: string, flags: string) {
    this.#pattern = pattern;
    this.#flags = flags;
  }

  whole(): BlockPattern {
    const all = this.#alternatives();
    if (this.#at < this.#pattern.length) throw new Untranslatable();
    return all;
  }

  get #rest(): string {
    return this.#pattern.slice(this.#at);
  }

  /** Up to the end of the group, or of the pattern. */
  #alternatives(): BlockPattern {
    let text = '';
    let bytes: string | null = '';
    let needed = '';
    let literal = '';
    let hasChoice = false;
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== ')') {
      const atom = this.#atom();
      const many = quantifier.exec(this.#rest)?.[0] ?? '';
      this.#at += many.length;
      text += atom.text + many;
      const counts = atom.wide && !endless.test(many);
      bytes = bytes === null || atom.bytes === null || counts ? null : bytes + atom.bytes + many;
      const [, character] = literalAtom.exec(atom.text + many) ?? [];
      literal = character === undefined ? '' : literal + character;
      if (literal.length > needed.length) needed = literal;
      hasChoice ||= atom.text === '|';
    }
    return { text, bytes, needed: hasChoice ? '' : needed };
  }

  #atom(): Atom {
    const rest = this.#rest;
    switch (rest[0]) {
      case '(':
        return this.#group(rest);
      case '[':
        return this.#class(rest);
      case '\\':
        return this.#escape(rest);
      case '.':
        this.#at += 1;
        return { text: everything, bytes: everything, wide: true };
      default:
        return this.#literal(rest);
    }
  }

  #group(rest: string): Atom {
    const ignored = lookaround.exec(rest);
    const opening = ignored ?? plainGroup.exec(rest);
    if (opening === null) throw new Untranslatable();
    this.#at += opening[0].length;
    const { text, bytes } = this.#alternatives();
    this.#at += 1;
    if (ignored !== null) return nothing;
    return { text: `(?:${text})`, bytes: bytes === null ? null : `(?:${bytes})`, wide: false };
  }

  #literal(rest: string): Atom {
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    this.#at += character.length;
    if (isAscii(character)) return { text: character, bytes: character, wide: false };
    // U+FFFD stands for whatever was no UTF-8, and another case of the character has other bytes.
    const exact = character !== '\ufffd' && !this.#flags.includes('i');
    const encoded = [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16)}`).join('');
    return { text: character, bytes: exact ? `(?:${encoded})` : null, wide: false };
  }

  #escape(rest: string): Atom {
    const [spelled = ''] = escape.exec(rest) ?? [];
    // A group by its number or name: there are no groups any more.
    if (/^\\[1-9k]/.test(spelled)) throw new Untranslatable();
    this.#at += spelled.length;
    switch (spelled) {
      case '\\D':
      case '\\W':
        return this.#atomOf(`[^${spelled.toLowerCase()}\\n]`, { wide: true });
      case '\\S':
        // In latin1 the byte A0 is a space, and in UTF-8 a part of many letters.
        return { text: '\\S', bytes: '[^\\t-\\r ]', wide: true };
      case '\\s':
        return { text: '[^\\S\\n]', bytes: '[\\t\\v\\f\\r \\x80-\\xff]', wide: true };
      default:
        if (asciiEscape.test(spelled)) return { text: spelled, bytes: spelled, wide: false };
        return { text: this.#withinLine(spelled), bytes: null, wide: true };
    }
  }

  #atomOf(source: string, { wide }: { readonly wide: boolean }): Atom {
    return { text: source, bytes: source, wide };
  }

  #class(rest: string): Atom {
    const [raw = ''] = /^\[(?:\\[^]|[^\]\\])*\]/.exec(rest) ?? [];
    if (raw === '') throw new Untranslatable();
    this.#at += raw.length;
    const negated = raw.startsWith('[^');
    const inner = raw.slice(negated ? 2 : 1, -1);
    const text = negated && !inner.startsWith('-') ? `[^\\n${inner}]` : this.#withinLine(raw);
    return { text, bytes: this.#classOfBytes(inner, { negated }), wide: negated || /\\s/.test(inner) };
  }

  /** A class of bytes, or null where it holds more than ASCII can tell. */
  #classOfBytes(inner: string, { negated }: { readonly negated: boolean }): string | null {
    const members: readonly string[] = inner.match(/\\[^]|[^\\]/g) ?? [];
    const isPlain = (member: string): boolean =>
      isAscii(member) && (member.length === 1 || /^\\[dwstvfrnb\W]$/.test(member));
    // Beside a dash that could make a range of it, a set of spaces is not to be spelled out.
    if (!members.every(isPlain) || /\\s-|-\\s/.test(inner) || inner.startsWith('-')) return null;
    if (negated) return `[^\\n${members.map((member) => (member === '\\s' ? '\\t\\v\\f\\r ' : member)).join('')}]`;
    return this.#withinLine(members.includes('\\s') ? `[\\x80-\\xff${inner}]` : `[${inner}]`);
  }

  /** The same without the newline, which would let it run on into the next line. */
  #withinLine(source: string): string {
    return new RegExp(`^${source}$`, this.#flags).test('\n') ? `(?:(?!\\n)${source})` : source;
  }
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}

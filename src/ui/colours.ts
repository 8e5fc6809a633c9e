/**
 * The colours and weights of a stretch of text, as the sequences of SGR (ECMA-48, 8.3.117) have set them. Only what can
 * be seen and does no harm is kept: no blinking, and nothing concealed.
 */
export interface Look {
  /** The parameters that set it, such as `31` or `38;5;208`; null: the terminal's own. */
  readonly foreground: string | null;
  readonly background: string | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly strike: boolean;
}

export const plainLook: Look = {
  foreground: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
};

const switches: Readonly<Record<number, Partial<Look>>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { foreground: null },
  49: { background: null },
};

/** The look after a sequence with these parameters (`1;31`, `38:2::1:2:3`, ""). What is not known changes nothing. */
export function afterSgr(look: Look, parameters: string): Look {
  const next: Mutable<Look> = { ...look };
  const parts = parameters.split(';');
  for (let place = 0; place < parts.length; place += 1) {
    const [head = '', ...sub] = (parts[place] ?? '').split(':');
    const code = head === '' ? 0 : Number(head);
    if (code === 38 || code === 48) {
      const given = sub.length > 0 ? sub.filter((value) => value !== '') : parts.slice(place + 1, place + 5);
      const taken = extended(given);
      if (taken === null) return next;
      next[code === 38 ? 'foreground' : 'background'] = `${code};${taken.join(';')}`;
      if (sub.length === 0) place += taken.length;
    } else if (code === 4 && sub[0] === '0') next.underline = false;
    else if (code === 0) Object.assign(next, plainLook);
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) next.foreground = String(code);
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) next.background = String(code);
    else Object.assign(next, switches[code]);
  }
  return next;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A text in a look, so that what comes after it is not touched. */
export function dressed(text: string, look: Look): string {
  const codes = codesOf(look);
  return codes.length === 0 || text === '' ? text : `\u001b[${codes.join(';')}m${text}\u001b[0m`;
}

function codesOf({ foreground, background, bold, dim, italic, underline, inverse, strike }: Look): readonly string[] {
  const set = [
    bold ? '1' : null,
    dim ? '2' : null,
    italic ? '3' : null,
    underline ? '4' : null,
    inverse ? '7' : null,
    strike ? '9' : null,
    foreground,
    background,
  ];
  return set.filter((code) => code !== null);
}

/** The parameters of a colour that is not one of the sixteen (`5;208`, `2;1;2;3`), or null where they make none. */
function extended(given: readonly string[]): readonly string[] | null {
  const [kind] = given;
  const count = kind === '5' ? 2 : kind === '2' ? 4 : 0;
  const taken = given.slice(0, count);
  return count > 0 && taken.length === count && taken.every((part) => /^\d{1,3}$/.test(part)) ? taken : null;
}

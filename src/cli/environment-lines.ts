import type { EnvironmentValue } from '../protocol/answers.ts';
import { quoteWord } from '../shell-quote.ts';
import { visible } from '../words/visible.ts';
import type { Style } from './style.ts';

/** An environment by name, one `NAME=value` a line as a shell would read it; what is not shown says why. */
export function environmentLines(values: readonly EnvironmentValue[], style: Style): string {
  return values
    .toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0))
    .map((entry) => `${visible(entry.name)}=${valueText(entry, style)}\n`)
    .join('');
}

function valueText({ value, shown }: EnvironmentValue, style: Style): string {
  switch (shown) {
    case 'masked':
      return style.dim('(looks like a secret; --reveal shows it)');
    case 'redacted':
      return style.dim('(removed from the store)');
    case 'plain':
      if (value === null || value === '') return '';
      return typeof value === 'string' ? quoteWord(value) : quoteBytes(value);
  }
}

/** Three octal digits for what is no ASCII, in the form of POSIX.1-2024. */
function quoteBytes(bytes: Uint8Array): string {
  const characters = [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[ -&(-[\]-~]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `$'${characters.join('')}'`;
}

import { textStart } from '../text-start.ts';

/** Of a longer command line only so much is kept, in characters (UTF-16). */
export const commandLineCharactersMax = 4_096;

/**
 * The command line of a client as it is recorded, on one line. It goes into the journal, which forgets nothing, so that
 * the values that ghost was told to put into an environment (`-e NAME=VALUE`, `--env=NAME=VALUE`) are left out of it.
 */
export function recordedCommandLine(words: readonly string[]): string {
  const shown = words.map((word, index) =>
    isEnvironmentOption(words[index - 1] ?? '') ? withoutValue(word) : withoutAttachedValue(word),
  );
  return textStart(shown.join(' '), commandLineCharactersMax);
}

/** `-e` also as the last of several short options in one word, such as `-fe`. */
function isEnvironmentOption(word: string): boolean {
  return word === '--env' || /^-[a-z]*e$/i.test(word);
}

function withoutAttachedValue(word: string): string {
  return /^(?:--env=|-[a-z]*e)[^=]+=/i.test(word) ? withoutValue(word) : word;
}

/** `NAME=…`. */
function withoutValue(word: string): string {
  return word.replace(/^((?:--env=)?[^=]*=).*$/s, '$1…');
}

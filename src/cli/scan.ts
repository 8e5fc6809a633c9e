import { GhostError } from '../ghost-error.ts';
import { nearest } from '../words/nearest.ts';
import { visible } from '../words/visible.ts';
import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { optionsOf } from './command-table.ts';

/** A command line that is checked against the table: nothing in it can be wrong any more but a value. */
export interface ScannedLine {
  /** By the long name of the option; a flag has one empty value. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly words: readonly string[];
  /** `-h` or `--help` was among it; what follows that was not looked at. */
  readonly help: boolean;
}

/**
 * Reads what follows the command's name: `--lines 10`, `--lines=10`, `-n 10`, `-n10`, `-fn 10`, `--`. An option that may
 * be given once and is given twice counts the last time, so that a shell alias can be overruled.
 * @throws GhostError `usage` that names what is wrong.
 */
export function scanLine(command: CommandSpec, line: readonly string[]): ScannedLine {
  const options = new Map<string, readonly string[]>();
  const words: string[] = [];
  const rest = [...line];
  const bare: OptionSpec[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      words.push(...rest);
      break;
    }
    if (!isOption(word) || isSignedWord(command, word)) {
      words.push(word);
      if (command.words.kind !== 'command') continue;
      words.push(...rest);
      break;
    }
    for (const { option, value } of word.startsWith('--')
      ? [readLong(command, word, { rest, options })]
      : readShort(command, word, { rest, options })) {
      if (value === null) bare.push(option);
      if (option.long === 'help') return { options, words: [], help: true };
      const earlier = option.repeatable ? (options.get(option.long) ?? []) : [];
      options.set(option.long, [...earlier, value ?? '']);
    }
  }
  const lacking = bare.find(({ flagBeside }) => flagBeside === null || !options.has(flagBeside));
  if (lacking !== undefined) throw needsValue(command, lacking);
  checkWords(command, words);
  return { options, words, help: false };
}

/** Whether a word is an option; a lone dash is a word. */
export function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

/** `-TAG`, where that is a word; what is spelled as an option of the command is one all the same. */
function isSignedWord(command: CommandSpec, word: string): boolean {
  if (command.words.kind !== 'signed' || word.startsWith('--')) return false;
  return !optionsOf(command).some((option) => spells(option, word));
}

interface ReadOption {
  readonly option: OptionSpec;
  /** Null where one that takes a value was given none. */
  readonly value: string | null;
}

/** What is still to be read, and what has been. */
interface Place {
  readonly rest: string[];
  readonly options: ReadonlyMap<string, readonly string[]>;
}

function readLong(command: CommandSpec, word: string, place: Place): ReadOption {
  const equals = word.indexOf('=');
  const name = equals === -1 ? word.slice(2) : word.slice(2, equals);
  const option = optionsOf(command).find(({ long }) => long === name);
  if (option === undefined) throw unknownOption(command, `--${name}`);
  if (option.value === null) {
    if (equals === -1) return { option, value: '' };
    throw new GhostError('usage', `--${name} takes no value`, { hint: `--${name}` });
  }
  return { option, value: equals === -1 ? takeValue(command, option, place) : word.slice(equals + 1) };
}

function readShort(command: CommandSpec, word: string, place: Place): readonly ReadOption[] {
  const read: ReadOption[] = [];
  let letters = word.slice(1);
  while (letters !== '') {
    const letter = String.fromCodePoint(letters.codePointAt(0) ?? 0);
    letters = letters.slice(letter.length);
    const option = optionsOf(command).find(({ short }) => short === letter);
    if (option === undefined) throw unknownOption(command, `-${letter}`, { word });
    if (option.value === null) {
      if (letters.startsWith('=')) throw new GhostError('usage', `-${letter} takes no value`, { hint: `-${letter}` });
      read.push({ option, value: '' });
      continue;
    }
    const glued = letters.startsWith('=') ? letters.slice(1) : letters;
    read.push({ option, value: letters === '' ? takeValue(command, option, place) : glued });
    break;
  }
  return read;
}

/** The next word, unless it is plainly another option, so that `log -n -f 42` is not taken for the -f last lines. */
function takeValue(command: CommandSpec, option: OptionSpec, { rest, options }: Place): string | null {
  if (option.flagBeside !== null && options.has(option.flagBeside)) return null;
  const [next] = rest;
  if (next === undefined || next === '--' || optionsOf(command).some((other) => spells(other, next))) return null;
  rest.shift();
  return next;
}

function needsValue({ name }: CommandSpec, { long, value }: OptionSpec): GhostError {
  return new GhostError('usage', `--${long} needs a value`, { hint: `ghost ${name} --${long} ${value ?? ''}` });
}

function spells({ long, short }: OptionSpec, word: string): boolean {
  return word === `--${long}` || word.startsWith(`--${long}=`) || (short !== null && word === `-${short}`);
}

function unknownOption(command: CommandSpec, option: string, { word = option } = {}): GhostError {
  // As kill(1) has it: `-9`, `-HUP`.
  if (command.name === 'kill' && /^-(?:\d+|[A-Z][A-Z\d]+)$/.test(word)) {
    return new GhostError('usage', `kill has no option ${word}`, { hint: `ghost kill -s ${word.slice(1)} ID` });
  }
  const known = optionsOf(command);
  const letter = option.startsWith('--') ? null : option.slice(1);
  const near =
    letter === null
      ? nearest(
          option.slice(2),
          known.map(({ long }) => long),
        )
      : (known.find(({ short }) => short?.toLowerCase() === letter.toLowerCase())?.short ?? null);
  const all = `ghost ${command.name} --help`;
  return new GhostError('usage', `${command.name} has no option ${visible(option)}`, {
    hint: near === null ? all : `${letter === null ? '--' : '-'}${near} (all of them: ${all})`,
  });
}

function checkWords({ name, words }: CommandSpec, given: readonly string[]): void {
  if (given.length < words.least) {
    throw new GhostError('usage', `${name} needs ${words.needed}`, { hint: words.hint });
  }
  const superfluous = words.most === null ? undefined : given[words.most];
  if (superfluous !== undefined) {
    const most =
      words.most === 0
        ? 'takes options only'
        : `takes one ${words.usage.replaceAll(/[[\]]/g, '').replace(' ', ' and one ')}`;
    throw new GhostError('usage', `${name} ${most}; "${visible(superfluous)}" is too much`, {
      hint: `ghost ${name} --help`,
    });
  }
  if (words.kind !== 'command' && given.includes('')) {
    throw new GhostError('usage', `${name} was given an empty word`, { hint: `ghost ${name} --help` });
  }
}

import sade from 'sade';

import { GhostError } from '../ghost-error.ts';
import { nearest } from '../words/nearest.ts';
import { visible } from '../words/visible.ts';
import type { CommandName, CommandSpec } from './command-spec.ts';
import { commandTable, findCommand, optionsOf } from './command-table.ts';
import { isOption, scanLine, type ScannedLine } from './scan.ts';

/**
 * From argv to a command with its options and words. sade does the last step only: on wrong use it prints its own text
 * and exits with 1, where 2 and the nearest thing that exists are wanted, and it would take a `--help` that belongs to
 * the command of `run`. So it is given a line that the table has already found right, in one unambiguous spelling.
 */
export interface Invocation {
  readonly command: CommandName;
  readonly options: ParsedOptions;
  readonly words: readonly string[];
}

/** The options of one invocation, by their long names. Asking for one that the command does not have is a bug. */
export class ParsedOptions {
  readonly #given: ReadonlyMap<string, readonly string[]>;

  constructor(given: ReadonlyMap<string, readonly string[]>) {
    this.#given = given;
  }

  /** Whether it was given at all. */
  has(long: string): boolean {
    return this.values(long).length > 0;
  }

  /** Its value, or null where it was not given. */
  value(long: string): string | null {
    return this.values(long).at(-1) ?? null;
  }

  /** The values of one that may be repeated, in their order. */
  values(long: string): readonly string[] {
    const values = this.#given.get(long);
    if (values === undefined) throw new Error(`the command has no option --${long}`);
    return values;
  }
}

/**
 * Parses everything after `ghost`. `CMD --help` is `help CMD`; `-v` is `version`.
 * @param options.alone the command that is meant where none is named: `ui` on a terminal, else `help`.
 * @throws GhostError `usage`.
 */
export function parseCommandLine(
  argv: readonly string[],
  { alone = 'help' }: { readonly alone?: 'help' | 'ui' } = {},
): Invocation {
  const before = leadingOptions(argv);
  if (before.includes('-v') || before.includes('--version')) return invoke(specOf('version'), []);
  const name = argv[before.length];
  if (name === undefined) return invoke(specOf(before.every((word) => word === '--no-color') ? alone : 'help'), before);
  const command = findCommand(name);
  if (command === null) throw unknownCommand(name);
  return invoke(command, [...before, ...argv.slice(before.length + 1)]);
}

/** The word that names the command, right or wrong; undefined where there is none. The options before it have no values. */
export function commandWord(argv: readonly string[]): string | undefined {
  return argv.find((word) => !word.startsWith('-'));
}

/** What every command understands may stand before its name as well, as in `ghost --json list`. */
function leadingOptions(argv: readonly string[]): readonly string[] {
  const leading = ['--json', '--no-color', '-h', '--help', '-v', '--version'];
  const end = argv.findIndex((word) => !leading.includes(word));
  const words = end === -1 ? argv : argv.slice(0, end);
  const next = argv[words.length];
  if (next !== undefined && isOption(next)) {
    const near = nearest(
      next,
      leading.filter((option) => option.startsWith('--')),
    );
    throw new GhostError('usage', `unknown option ${visible(next)} before a command`, { hint: near ?? 'ghost help' });
  }
  return words;
}

/** What other programs of this kind call it: by its letters alone, `rm` is near to `run` and `top` to `stop`. */
const elsewhere: Readonly<Partial<Record<CommandName, string>>> = {
  run: 'add start exec submit',
  list: 'ps jobs',
  show: 'info inspect describe',
  log: 'follow tail cat attach',
  grep: 'search',
  ui: 'top monit',
  stop: 'cancel',
  audit: 'events',
  prune: 'rm remove delete clean',
  shutdown: 'quit',
};

function unknownCommand(word: string): GhostError {
  const [meant] = Object.entries(elsewhere).find(([, words]) => words.split(' ').includes(word)) ?? [];
  const names = commandTable.flatMap(({ name, alias }) => (alias === null ? [name] : [name, alias]));
  const near = meant ?? nearest(word, names);
  return new GhostError('usage', `unknown command "${visible(word)}"`, {
    hint: near === null ? 'ghost help' : `ghost ${near}`,
  });
}

function specOf(name: CommandName): CommandSpec {
  const command = findCommand(name);
  if (command === null) throw new Error(`the table has no ${name}`);
  return command;
}

function invoke(command: CommandSpec, line: readonly string[]): Invocation {
  const scanned = scanLine(command, line);
  if (!scanned.help) return callThroughSade(command, scanned);
  const words = command.name === 'help' ? [] : [command.name];
  return callThroughSade(specOf('help'), { options: new Map(), words, help: false });
}

function callThroughSade(command: CommandSpec, { options, words }: ScannedLine): Invocation {
  const known = optionsOf(command).filter(({ long }) => long !== 'help');
  const program = sade('ghost').command(command.name);
  for (const { long } of known) program.option(`--${long}`);
  let given: unknown;
  program.action((parsed: unknown) => {
    given = parsed;
  });
  const spelled = [...options].flatMap(([long, values]) =>
    values.map((value) => (isFlag(command, long) ? `--${long}` : `--${long}=${value}`)),
  );
  program.parse(['node', 'ghost', command.name, ...spelled, '--', ...words], {
    boolean: known.filter(({ value }) => value === null).map(({ long }) => long),
    string: known.filter(({ value }) => value !== null).map(({ long }) => long),
  });
  return {
    command: command.name,
    options: new ParsedOptions(new Map(known.map(({ long }) => [long, valuesIn(given, long)]))),
    words: listIn(given, '_'),
  };
}

function isFlag(command: CommandSpec, name: string): boolean {
  return optionsOf(command).some(({ long, value }) => long === name && value === null);
}

/** What the parser found for an option. It reads `--no-color` as a `color` that is false. */
function valuesIn(parsed: unknown, long: string): readonly string[] {
  const value = long.startsWith('no-') ? fieldOf(parsed, long.slice(3)) === false : fieldOf(parsed, long);
  if (value === true) return [''];
  return typeof value === 'string' ? [value] : listIn(parsed, long);
}

function listIn(parsed: unknown, name: string): readonly string[] {
  const value = fieldOf(parsed, name);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function fieldOf(parsed: unknown, name: string): unknown {
  return typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined;
}

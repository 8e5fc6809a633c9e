import { taskStates } from '../../projections/task-view.ts';
import { signalNames } from '../../protocol/signals.ts';
import { type CommandSpec, commonOptions, type OptionSpec } from '../command-spec.ts';
import { commandTable, findCommand, optionsOf } from '../command-table.ts';
import { isOption } from '../scan.ts';

/** Something that can stand at the cursor. */
export interface Candidate {
  readonly value: string;
  /** "" for none. */
  readonly description: string;
}

/** What can stand at the cursor, as far as the words alone tell. */
type Completion =
  | { readonly kind: 'candidates'; readonly candidates: readonly Candidate[] }
  /** Tasks, from the daemon: their numbers and names, or the tags that they bear. */
  | { readonly kind: 'tasks'; readonly only: 'running' | 'any' }
  | { readonly kind: 'tags' }
  /** The shell knows better: a file, a folder, or a command line of its own that begins at one of the words. */
  | { readonly kind: 'files' | 'folders' }
  | { readonly kind: 'command'; readonly from: number };

export const shells = ['bash', 'zsh', 'fish'] as const;

const nothing: Completion = { kind: 'candidates', candidates: [] };

/**
 * What can follow, by the command table alone. `words` are those after `ghost`; the last one is being typed and may be "".
 * The shell filters what begins otherwise.
 */
export function complete(words: readonly string[]): Completion {
  const leading = commonOptions.flatMap(({ long, short }) => [`--${long}`, ...(short === null ? [] : [`-${short}`])]);
  const place = words.findIndex((word, index) => index === words.length - 1 || !leading.includes(word));
  const typed = words.at(-1) ?? '';
  if (place === words.length - 1 || place === -1) {
    return candidatesOf(isOption(typed) || typed === '-' ? spellings(commonOptions) : commandNames());
  }
  const command = findCommand(words[place] ?? '');
  if (command === null) return nothing;
  return completeLine(command, words, { from: place + 1 });
}

function completeLine(command: CommandSpec, words: readonly string[], { from }: { from: number }): Completion {
  const options = optionsOf(command);
  const typed = words.at(-1) ?? '';
  let place = 0;
  let onlyWords = false;
  for (let index = from; index < words.length - 1; index += 1) {
    const word = words[index] ?? '';
    if (!onlyWords && word === '--') onlyWords = true;
    else if (!onlyWords && isOption(word)) {
      const option = wantsValue(options, word);
      if (option === null) continue;
      if (index === words.length - 2) return valueOf(option);
      index += 1;
    } else {
      // From its first word on everything is the task's own command line.
      if (command.name === 'run') return { kind: 'command', from: index };
      place += 1;
    }
  }
  if (!onlyWords && (typed === '-' || isOption(typed))) return completeOption(command, typed);
  if (command.name === 'run') return { kind: 'command', from: words.length - 1 };
  return wordOf(command, place);
}

/** An option, or the value that is typed in one word with it: `--state=fa`. */
function completeOption(command: CommandSpec, typed: string): Completion {
  const equals = typed.indexOf('=');
  const options = optionsOf(command);
  if (!typed.startsWith('--') || equals === -1) return candidatesOf(spellings(options));
  const option = options.find(({ long, value }) => value !== null && `--${long}` === typed.slice(0, equals));
  const value = option === undefined ? nothing : valueOf(option);
  if (value.kind !== 'candidates') return nothing;
  const prefix = typed.slice(0, equals + 1);
  return candidatesOf(value.candidates.map((candidate) => ({ ...candidate, value: prefix + candidate.value })));
}

/** The option whose value is the next word, or null. */
function wantsValue(options: readonly OptionSpec[], word: string): OptionSpec | null {
  if (word.startsWith('--')) {
    return options.find(({ long, value }) => value !== null && word === `--${long}`) ?? null;
  }
  // Of letters in a row only the last one can want a word of its own; one before it has the rest as its value.
  const letters = Array.from(word.slice(1));
  const first = letters.findIndex((letter) => options.some(({ short, value }) => short === letter && value !== null));
  if (first === -1 || first !== letters.length - 1) return null;
  return options.find(({ short }) => short === letters[first]) ?? null;
}

function valueOf({ value, long }: OptionSpec): Completion {
  switch (value) {
    case 'STATE':
      return plain(taskStates);
    case 'DIR':
      return { kind: 'folders' };
    case 'FILE':
      return { kind: 'files' };
    case 'TAG':
      return { kind: 'tags' };
    case 'NAME':
      return long === 'signal' ? plain(signalNames) : nothing;
    case 'DURATION':
      return plain(['10s', '1m', '5m', '1h']);
    case 'TIME':
      return plain(['5m ago', '1h ago', 'today', 'yesterday']);
    default:
      return nothing;
  }
}

/** What a word at its place stands for, as the usage line of the command tells: `REGEX [ID...]`. */
function wordOf({ name, words }: CommandSpec, place: number): Completion {
  const parts = words.usage.split(' ').filter((part) => part !== '');
  const part = parts[place] ?? (parts.at(-1)?.includes('...') === true ? parts.at(-1) : undefined) ?? '';
  const running = name === 'stop' || name === 'kill' || name === 'wait';
  if (/^\[?(?:ID|A|B)\b/.test(part)) return { kind: 'tasks', only: running ? 'running' : 'any' };
  if (part === '[COMMAND]') return candidatesOf(commandNames());
  if (part === 'SHELL') return plain(shells);
  return nothing;
}

function commandNames(): readonly Candidate[] {
  return commandTable.flatMap(({ name, alias, summary }) => [
    { value: name, description: summary },
    ...(alias === null ? [] : [{ value: alias, description: summary }]),
  ]);
}

function spellings(options: readonly OptionSpec[]): readonly Candidate[] {
  return options.flatMap(({ long, short, description }) => [
    { value: `--${long}`, description },
    ...(short === null ? [] : [{ value: `-${short}`, description }]),
  ]);
}

function plain(values: readonly string[]): Completion {
  return candidatesOf(values.map((value) => ({ value, description: '' })));
}

function candidatesOf(candidates: readonly Candidate[]): Completion {
  return { kind: 'candidates', candidates };
}

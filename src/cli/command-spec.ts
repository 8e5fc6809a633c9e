/** The shapes of the command table. Parsing, help and everything later (completion, a man page) read only these. */

export type CommandName =
  | 'run'
  | 'list'
  | 'show'
  | 'log'
  | 'grep'
  | 'wait'
  | 'stop'
  | 'kill'
  | 'restart'
  | 'history'
  | 'audit'
  | 'why'
  | 'timeline'
  | 'replay'
  | 'diff'
  | 'export'
  | 'rename'
  | 'tag'
  | 'redact'
  | 'doctor'
  | 'config'
  | 'completion'
  | 'ui'
  | 'status'
  | 'prune'
  | 'shutdown'
  | 'daemon'
  | 'help'
  | 'version';

export interface CommandSpec {
  readonly name: CommandName;
  readonly alias: string | null;
  readonly group: CommandGroup;
  /** One line without a full stop, for the overview. */
  readonly summary: string;
  /** A few sentences, for the command's own help. */
  readonly description: string;
  readonly words: WordsSpec;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
}

/** In the order in which a person meets them. */
export const commandGroups = [
  'Start and look',
  'Wait and end',
  'Ask the past',
  'Change what is known',
  'The daemon',
  'Help',
] as const;
type CommandGroup = (typeof commandGroups)[number];

/** What may stand on the command line besides options. */
interface WordsSpec {
  /** As the usage line shows them: `ID...`, `[--] COMMAND [ARG...]`, or "" for none. */
  readonly usage: string;
  readonly least: number;
  /** `null` where there is no limit. */
  readonly most: number | null;
  /** What is missing where there are too few: `the ID of a task`. */
  readonly needed: string;
  /** The next thing to type where they are missing. */
  readonly hint: string;
  /**
   * `command`: the first word ends ghost's options, and all that follows belongs to the command. `signed`: a word may
   * begin with a dash (`-TAG`), where it is not one of the options.
   */
  readonly kind: 'anywhere' | 'command' | 'signed';
}

export interface OptionSpec {
  readonly long: string;
  readonly short: string | null;
  /** The name of its value, such as `DIR`; null for a flag. */
  readonly value: string | null;
  readonly repeatable: boolean;
  /** The long name of an option beside which it is a flag, or null. */
  readonly flagBeside: string | null;
  readonly description: string;
}

interface Example {
  readonly type: string;
  readonly does: string;
}

export const noWords: WordsSpec = { usage: '', least: 0, most: 0, needed: '', hint: '', kind: 'anywhere' };
export const oneTask: WordsSpec = {
  usage: 'ID',
  least: 1,
  most: 1,
  needed: 'the ID of a task',
  hint: 'ghost list',
  kind: 'anywhere',
};
export const someTasks: WordsSpec = {
  ...oneTask,
  usage: 'ID...',
  most: null,
  needed: 'the ID of a task or of several',
};

/** An option without a value. */
export function flag(long: string, { short = null, description }: FlagWords): OptionSpec {
  return { long, short, value: null, repeatable: false, flagBeside: null, description };
}

/** An option with a value. */
export function valued(
  long: string,
  { name, short = null, repeatable = false, flagBeside = null, description }: ValueWords,
): OptionSpec {
  return { long, short, value: name, repeatable, flagBeside, description };
}

interface FlagWords {
  readonly short?: string | null;
  readonly description: string;
}

interface ValueWords extends FlagWords {
  readonly name: string;
  readonly repeatable?: boolean;
  readonly flagBeside?: string | null;
}

/** What every command understands. */
export const commonOptions: readonly OptionSpec[] = [
  flag('json', { description: 'answer in JSON' }),
  flag('no-color', { description: 'no colour, even on a terminal' }),
  flag('help', { short: 'h', description: 'show this help' }),
];

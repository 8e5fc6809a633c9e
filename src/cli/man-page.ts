import { commandGroups, type CommandSpec, commonOptions, type OptionSpec } from './command-spec.ts';
import { commandTable } from './command-table.ts';

/** ghost(1) in man(7), made of the table that `--help` is made of. */
export function manPage({ version }: { readonly version: string }): string {
  return [
    `.TH GHOST 1 "" "ghost ${text(version)}" "ghost"`,
    '.SH NAME',
    'ghost \\- run commands in the background, keep what they print, know the past',
    '.SH SYNOPSIS',
    '.B ghost',
    '.I COMMAND',
    '.RI [ OPTIONS ]',
    '.RI [ WORDS ]',
    '.SH DESCRIPTION',
    ...paragraph(
      'ghost runs any command in the background, keeps all that it prints, and remembers what happened to it.',
    ),
    '.PP',
    ...paragraph(
      'A task is named by its number (42), its name, the first letters of its UUID, or @last. A TIME is ISO 8601, 14:30, ' +
        '"yesterday 14:30", "2h ago", -2h or seq:1812. A DURATION is 500ms, 90s, 5m or 1h30m.',
    ),
    '.PP',
    ...paragraph('Every command understands:'),
    ...optionLines(commonOptions),
    ...commandGroups.flatMap((group) => [
      `.SH ${text(group.toUpperCase())}`,
      ...commandTable.filter((command) => command.group === group).flatMap(commandLines),
    ]),
    '.SH EXIT STATUS',
    ...exitStatuses.flatMap(([status, meaning]) => ['.TP', `.B ${text(status)}`, ...paragraph(meaning)]),
    '.SH ENVIRONMENT',
    ...variables.flatMap(([name, meaning]) => ['.TP', `.B ${text(name)}`, ...paragraph(meaning)]),
    '.SH FILES',
    ...files.flatMap(([name, meaning]) => ['.TP', `.I ${text(name)}`, ...paragraph(meaning)]),
    '',
  ].join('\n');
}

const exitStatuses: readonly (readonly [string, string])[] = [
  ['0', 'Done.'],
  ['1', 'Refused or failed; the message says why, and what to type next.'],
  ['2', 'Used wrongly.'],
  ['3', 'No such task; for status: no daemon is running.'],
  ['4', 'The daemon could not be reached or started, or speaks another protocol version.'],
  ['124', 'A wait ran out of time.'],
  ['126, 127', 'Of run: the command is not executable, or was not found.'],
  ['others', "Of run --follow and wait: the task's own; 128+n where signal n ended it."],
];

const variables: readonly (readonly [string, string])[] = [
  ['GHOST_HOME', 'The data folder.'],
  ['GHOST_SOCKET', 'The socket of the daemon.'],
  ['GHOST_CONFIG', 'The config file.'],
  ['NO_COLOR', 'Set to anything: no colour.'],
];

const files: readonly (readonly [string, string])[] = [
  [
    '~/.local/share/ghost',
    'The data folder, below XDG_DATA_HOME where that is set: the journal, the output, daemon.log.',
  ],
  ['~/.config/ghost/config.json', 'The settings; ghost config shows them.'],
];

function commandLines(command: CommandSpec): readonly string[] {
  const { name, alias, words, description, options, examples } = command;
  const usage = ['ghost', name, ...(options.length > 0 ? ['[OPTIONS]'] : []), words.usage].filter(
    (part) => part !== '',
  );
  return [
    `.SS ${text(usage.join(' '))}`,
    ...paragraph(description),
    ...(alias === null ? [] : ['.PP', ...paragraph(`ghost ${alias} is the same.`)]),
    ...optionLines(options),
    ...(examples.length === 0
      ? []
      : ['.PP', 'Examples:', ...examples.flatMap(({ type, does }) => ['.TP', `.B ${text(type)}`, ...paragraph(does)])]),
  ];
}

function optionLines(options: readonly OptionSpec[]): readonly string[] {
  return options.flatMap(({ long, short, value, repeatable, description }) => {
    const names = [...(short === null ? [] : [`-${short}`]), `--${long}`]
      .map((name) => `\\fB${text(name)}\\fR`)
      .join(', ');
    const more = repeatable ? `${description}; may be repeated` : description;
    return ['.TP', value === null ? names : `${names} \\fI${text(value)}\\fR`, ...paragraph(more)];
  });
}

/** The longest line that is written, in characters: people read these files with a pager too. */
const lineCharactersMax = 79;

/** Lines of text that roff fills; one that begins with a dot or an apostrophe would be taken for a request. */
function paragraph(sentences: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text(sentences).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    // Each sentence begins a line, so that roff sees where it ends.
    const ended = /[.:]$/.test(line) && !/^[a-z]/.test(word);
    if (line !== '' && (longer.length > lineCharactersMax || ended)) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((words) => (words.startsWith('.') ? `\\&${words}` : words));
}

/**
 * roff has its own meaning for a backslash, takes double quotes for those around a word of a request, and sets a bare dash
 * as a hyphen, which nobody could paste.
 */
function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti');
}

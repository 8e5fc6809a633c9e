import { resolve } from 'node:path';

import type { RunRequest } from '../client/api.ts';
import { nameCharactersMax, tagCharactersMax, tagsMax } from '../protocol/limits.ts';
import { quoteCommand } from '../shell-quote.ts';
import { shellWords } from '../words/shell-words.ts';
import type { KnownTasks } from './known-tasks.ts';
import { type Dialog, type RunField, runFields } from './screen-state.ts';
import { emptyField, fieldOf, type TextField } from './text-field.ts';

export type RunDialog = Extract<Dialog, { kind: 'run' }>;

/** What the dialog asks for, or what is wrong with it, told in the field that it is about. */
type RunAnswer =
  | { readonly kind: 'request'; readonly request: RunRequest }
  | { readonly kind: 'wrong'; readonly field: RunField; readonly problem: string };

/** Where what is typed is to be understood. */
export interface RunPlace {
  readonly shell: string;
  readonly home: string | null;
}

export function openRunDialog({ folder }: { readonly folder: string }): RunDialog {
  const fields = { command: emptyField, name: emptyField, folder: fieldOf(folder), tags: emptyField };
  return { kind: 'run', fields, focus: 'command', recalled: -1, draft: '', problem: null, busy: false };
}

/** The dialog with another text in the field that is typed in. */
export function withField(dialog: RunDialog, field: TextField): RunDialog {
  return { ...dialog, fields: { ...dialog.fields, [dialog.focus]: field }, recalled: -1, problem: null };
}

/** The dialog with the next field in focus, or the one before. */
export function nextField(dialog: RunDialog, by: 1 | -1): RunDialog {
  const place = runFields.indexOf(dialog.focus) + by;
  return { ...dialog, focus: runFields.at(place % runFields.length) ?? 'command' };
}

/** The dialog with an older command line in its field (1), or a newer one (-1); past the newest, what was typed. */
export function recalled(dialog: RunDialog, { by, earlier }: { by: 1 | -1; earlier: readonly string[] }): RunDialog {
  const next = Math.min(earlier.length - 1, Math.max(-1, dialog.recalled + by));
  const draft = dialog.recalled === -1 ? dialog.fields.command.text : dialog.draft;
  const command = fieldOf(next === -1 ? draft : (earlier[next] ?? draft));
  return { ...dialog, focus: 'command', fields: { ...dialog.fields, command }, recalled: next, draft, problem: null };
}

/** The command lines that were run, the newest first, each once. */
export function earlierCommands({ tasks }: KnownTasks): readonly string[] {
  const newestFirst = [...tasks.values()].toSorted((one, other) => other.id - one.id);
  return [...new Set(newestFirst.map(({ command }) => asTyped(command)))];
}

/** How the command will be run, for the dialog to say. */
export function runsThrough(command: string, { shell }: RunPlace): string {
  const read = shellWords(command);
  if (read.kind === 'script') return `runs through ${shell} -c`;
  return read.kind === 'words' ? 'runs as it is, without a shell' : read.what;
}

/** What the dialog asks for, as far as can be told without the daemon. */
export function readRunDialog({ fields }: RunDialog, { shell, home }: RunPlace): RunAnswer {
  const line = fields.command.text.trim();
  const read = shellWords(line);
  if (read.kind === 'unfinished') return wrong('command', read.what);
  const command = read.kind === 'script' ? [shell, '-c', line] : read.words;
  if (command.length === 0) return wrong('command', 'there is no command yet');
  if (command[0] === '') return wrong('command', 'the command is an empty word');
  const name = fields.name.text.trim();
  if ([...name].length > nameCharactersMax) return wrong('name', `a name has at most ${nameCharactersMax} characters`);
  const folder = fields.folder.text.trim();
  if (folder === '') return wrong('folder', 'a folder is needed for it to run in');
  if (!folder.startsWith('/') && !/^~(\/|$)/.test(folder)) return wrong('folder', 'write the whole path, from / or ~');
  const tags = fields.tags.text.split(/[\s,]+/).filter((tag) => tag !== '');
  if (tags.length > tagsMax) return wrong('tags', `a task has at most ${tagsMax} tags`);
  const long = tags.find((tag) => [...tag].length > tagCharactersMax);
  if (long !== undefined) return wrong('tags', `a tag has at most ${tagCharactersMax} characters`);
  const cwd = resolve(home === null ? folder : folder.replace(/^~(?=\/|$)/, home));
  return { kind: 'request', request: { command, cwd, tags, ...(name === '' ? {} : { name }) } };
}

/** A script that a shell was given is typed again as that script. */
function asTyped(command: readonly string[]): string {
  const [shell = '', option, script, ...rest] = command;
  const isScript = option === '-c' && script !== undefined && rest.length === 0 && /(^|\/)\w*sh$/.test(shell);
  return isScript && shellWords(script).kind === 'script' ? script : quoteCommand(command);
}

function wrong(field: RunField, problem: string): RunAnswer {
  return { kind: 'wrong', field, problem };
}

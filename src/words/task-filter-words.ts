import { isAbsolute, resolve } from 'node:path';

import { GhostError } from '../ghost-error.ts';
import type { FilterTerm } from '../projections/task-filter.ts';
import { filterTermsMax, filterTextCharactersMax } from '../protocol/limits.ts';
import { parseSignal } from '../protocol/signals.ts';
import { centuryMs, parseDuration } from './duration.ts';
import { fieldExamples, type FilterField, filterFields, takesAlternatives } from './filter-fields.ts';
import { nearestSignal } from './nearest-signal.ts';
import { nearest } from './nearest.ts';
import { quotedText, valueText } from './task-filter-text.ts';
import { parseTaskState } from './task-state.ts';
import { parsePastTime, type TypedTime } from './time.ts';
import { cutPiece, findUnquoted, splitPiece, textOf, type TypedPiece, splitWords, WrongPiece } from './typed-pieces.ts';
import { visible } from './visible.ts';

/** A term as it was typed: a time can be that of an event, for which the journal has to be asked. */
export type TypedTerm =
  | Exclude<FilterTerm, { field: 'since' | 'until' }>
  | { readonly not: boolean; readonly field: 'since' | 'until'; readonly time: TypedTime };

/** What words mean depends on: the time of day, and the folders that `.` and `~` stand for (null: none is known). */
export interface FilterPlace {
  readonly nowMs: number;
  readonly cwd: string;
  readonly home: string | null;
}

/**
 * The words in which tasks are asked for, on the command line and on the screen: `npm test exit:!0 longer:5m cwd:.`.
 *
 *     words   = word { space word }
 *     word    = [ "!" ] text  |  field ":" [ "!" ] value { "," value }
 *     text    = what the command has in it; "two words" or 'two words' in quotes, and so is what has a colon in it
 *
 * `!` stands before what must not be. The values of exit, state, signal and name that a comma parts are alternatives.
 *
 * @throws WrongPiece (GhostError `usage`) with the piece that is wrong, its column, and what would have been right.
 */
export function parseFilterWords(text: string, place: FilterPlace): readonly TypedTerm[] {
  const terms: TypedTerm[] = [];
  for (const word of splitWords(text)) {
    const read = readWord(word, { text, place });
    if (terms.length + read.length > filterTermsMax) {
      throw wrong(word, text, {
        message: `that is more than ${filterTermsMax} conditions`,
        hint: 'ask for fewer at once',
      });
    }
    terms.push(...read);
  }
  return terms;
}

/** The terms that `field:value` stands for, where the value was given by itself, as by an option. @throws WrongPiece */
export function parseFilterValue(field: FilterField, value: string, place: FilterPlace): readonly TypedTerm[] {
  const [word = { characters: [], from: 0, to: value.length }] = splitWords(value, { whole: true });
  return readField(field, word, { text: value, place });
}

/** The sequence numbers whose times must be known before `resolveTerms`. */
export function sequencesIn(terms: readonly TypedTerm[]): readonly number[] {
  return terms.flatMap((term) => ('time' in term && term.time.kind === 'sequence' ? [term.time.seq] : []));
}

/** The terms with their times in ISO 8601, UTC. @param timeOf the time of an event, in milliseconds since 1970. */
export function resolveTerms(terms: readonly TypedTerm[], timeOf: (seq: number) => number): readonly FilterTerm[] {
  return terms.map((term) => {
    if (!('time' in term)) return term;
    const { time } = term;
    const atMs = time.kind === 'moment' ? time.atMs : timeOf(time.seq);
    return { ...term, time: new Date(atMs).toISOString() };
  });
}

interface Reading {
  readonly text: string;
  readonly place: FilterPlace;
}

function readWord(word: TypedPiece, reading: Reading): readonly TypedTerm[] {
  const colon = findUnquoted(word, ':');
  const [before, after] = colon === null ? [word, null] : cutPiece(word, colon);
  const name = before.characters.some(({ quoted }) => quoted) ? '' : textOf(before);
  const field = fieldNamed(name);
  if (after !== null && field !== null) return readField(field, after, reading);
  // An address is no field, and neither is 8080:80.
  if (after !== null && /^!?[a-z]+$/i.test(name) && !textOf(after).startsWith('//')) {
    throw noSuchField({ name, before, word }, reading.text);
  }
  const { not, value } = negation(word);
  return [{ not, field: 'text', text: textIn(value, { whole: word, text: reading.text, what: 'text' }) }];
}

function noSuchField(
  { name, before, word }: { readonly name: string; readonly before: TypedPiece; readonly word: TypedPiece },
  text: string,
): WrongPiece {
  const typed = text.slice(word.from, word.to);
  const value = text.slice(before.to + 1, word.to);
  if (name.startsWith('!')) {
    const field = fieldNamed(name.slice(1));
    if (field !== null) {
      return wrong(before, text, { message: 'the ! stands behind the colon', hint: `${field}:!${value}` });
    }
  }
  const near = nearest(name, filterFields);
  const asText = quotedText(textOf(word));
  const hint = near === null ? asText : `${near}:${value}   or, where that is text: ${asText}`;
  return wrong(before, text, { message: `there is no field "${visible(name)}" (of ${visible(typed)})`, hint });
}

function fieldNamed(name: string): FilterField | null {
  return filterFields.find((field) => field === name.toLowerCase()) ?? null;
}

function readField(field: FilterField, piece: TypedPiece, { text, place }: Reading): readonly TypedTerm[] {
  const { not, value } = negation(piece);
  if (value.characters.length === 0) {
    throw wrong(value, text, { message: 'a value is missing', hint: `${field}:${fieldExamples[field]}` });
  }
  const alternatives = takesAlternatives(field) ? splitPiece(value, ',') : [value];
  return alternatives.map((one) => ({ not, ...readValue(field, one, { text, place }) }));
}

function negation(piece: TypedPiece): { readonly not: boolean; readonly value: TypedPiece } {
  const [first] = piece.characters;
  if (first?.character !== '!' || first.quoted) return { not: false, value: piece };
  return { not: true, value: cutPiece(piece, 0)[1] };
}

type TermValue = TypedTerm extends infer T ? (T extends TypedTerm ? Omit<T, 'not'> : never) : never;

function readValue(field: FilterField, piece: TypedPiece, { text, place }: Reading): TermValue {
  const given = textOf(piece);
  switch (field) {
    case 'exit':
      if (/^\d{1,3}$/.test(given) && Number(given) <= 255) return { field, code: Number(given) };
      throw wrong(piece, text, {
        message: `"${visible(given)}" is no exit status: it is 0 to 255`,
        hint: 'exit:3, exit:!0',
      });
    case 'state': {
      const hint = (near: string | null): string => `state:${near ?? 'failed'}`;
      return { field, state: told(piece, text, () => parseTaskState(given, { hint })) };
    }
    case 'signal':
      return { field, signal: signalIn(piece, text) };
    case 'name':
      return { field, name: textIn(piece, { whole: piece, text, what: 'a name' }) };
    case 'tag': {
      const comma = findUnquoted(piece, ',');
      if (comma === null) return { field, tag: textIn(piece, { whole: piece, text, what: 'a tag' }) };
      throw wrong(piece, text, {
        message: `a task can bear several tags, and all that are asked for must be there: no comma parts them`,
        hint: splitPiece(piece, ',')
          .map((one) => `tag:${valueText(textOf(one))}`)
          .join(' '),
      });
    }
    case 'cwd':
      return { field, folder: folderIn(piece, { text, place }) };
    case 'since':
    case 'until':
      return { field, time: timeIn(piece, { text, nowMs: place.nowMs }) };
    case 'longer':
    case 'shorter':
      return { field, durationMs: told(piece, text, () => parseDuration(given, { mostMs: centuryMs })) };
  }
}

function signalIn(piece: TypedPiece, text: string): string {
  const given = textOf(piece);
  try {
    return parseSignal(given);
  } catch (error) {
    if (!(error instanceof GhostError)) throw error;
    throw wrong(piece, text, {
      message: `there is no signal "${visible(given)}"`,
      hint: `signal:${nearestSignal(given) ?? 'TERM'}`,
    });
  }
}

function folderIn(piece: TypedPiece, { text, place }: Reading): string {
  const { home } = place;
  const given = textOf(piece);
  const [first] = piece.characters;
  if (given.includes('\0')) throw wrong(piece, text, { message: 'a folder has no NUL in its name', hint: 'cwd:.' });
  // In quotes a tilde is a tilde, as in a shell.
  if (first?.character !== '~' || first.quoted || !/^~(?:\/|$)/.test(given)) {
    if (isAbsolute(given)) return resolve(given);
    try {
      return resolve(place.cwd, given);
    } catch {
      throw wrong(piece, text, { message: 'the current folder is gone', hint: 'cwd:/home/you' });
    }
  }
  if (home !== null) return resolve(home, `.${given.slice(1)}`);
  throw wrong(piece, text, { message: 'the home folder is not known: HOME is not set', hint: `cwd:/home/you` });
}

function timeIn(piece: TypedPiece, { text, nowMs }: { readonly text: string; readonly nowMs: number }): TypedTime {
  const given = textOf(piece);
  return told(piece, text, () => parsePastTime(given, { nowMs }));
}

interface Wanted {
  readonly whole: TypedPiece;
  readonly text: string;
  readonly what: string;
}

function textIn(piece: TypedPiece, { whole, text, what }: Wanted): string {
  const given = textOf(piece);
  if (given === '') throw wrong(whole, text, { message: `${what} has at least one character`, hint: 'leave it out' });
  if ([...given].length <= filterTextCharactersMax) return given;
  throw wrong(whole, text, {
    message: `${what} has at most ${filterTextCharactersMax} characters`,
    hint: 'a part of it is enough',
  });
}

/** The refusal of whoever knows about the value, at the place where it was typed. */
function told<T>(piece: TypedPiece, text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GhostError)) throw error;
    throw wrong(piece, text, { message: error.message, hint: error.hint });
  }
}

function wrong(
  { from, to }: TypedPiece,
  text: string,
  { message, hint }: { readonly message: string; readonly hint: string },
): WrongPiece {
  return new WrongPiece(message, { text, from, to, hint });
}

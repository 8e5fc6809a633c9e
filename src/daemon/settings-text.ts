import { type ObjectNode, type ValueNode, evaluate, parse } from '@humanwhocodes/momoa';

import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import { quoteWord } from '../shell-quote.ts';
import { type LogKey, logKeyNames } from './setting-keys.ts';

/** What a config file says of one key, and in which line. */
interface GivenSetting {
  readonly value: unknown;
  readonly line: number;
}

/** Refuses a config file for what is wrong in one of its lines. */
type Refuse = (what: string, place: { readonly line: number; readonly cause?: unknown }) => GhostError;

/**
 * The keys of a config file as they stand there. Read with their places, so that what is wrong is named by its line.
 * @throws GhostError `config-invalid`: it is not JSON, has a key that is none, or has one twice.
 */
export function readGiven(text: string, { path }: { path: string }): ReadonlyMap<LogKey, GivenSetting> {
  const refuse = refuseIn(path);
  const root = keysOf(parseJson(text, refuse), { at: '', known: ['$schema', 'logs'], refuse });
  const schema = root.get('$schema');
  if (schema !== undefined && schema.type !== 'String') {
    throw refuse(`$schema is ${shown(schema)}, but must be the address of a schema`, schema.loc.start);
  }
  const logs = root.get('logs');
  const given =
    logs === undefined ? new Map<string, ValueNode>() : keysOf(logs, { at: 'logs', known: logKeyNames, refuse });
  return new Map(
    logKeyNames.flatMap((name) => {
      const node = given.get(name);
      return node === undefined ? [] : [[name, { value: evaluate(node), line: node.loc.start.line }] as const];
    }),
  );
}

export function refuseIn(path: string): Refuse {
  return (what, { line, cause }) =>
    new GhostError('config-invalid', `the config file ${path} is wrong in line ${line}: ${what}`, {
      hint: `$EDITOR ${quoteWord(path)}`,
      ...(cause === undefined ? {} : { cause }),
    });
}

/** With the places of everything in it. What is wrong with its form Node says in better words than the reader of places. */
function parseJson(text: string, refuse: Refuse): ValueNode {
  try {
    JSON.parse(text);
  } catch (error) {
    const message = messageOf(error);
    const sentence = message
      .replace(/(?: in JSON| after JSON)? at position \d+.*$/s, '')
      .replace(/, (?:\.\.\.)?".*is not valid JSON$/s, '');
    throw refuse(`it is not JSON (${sentence})`, { line: lineOfFault(text, message), cause: error });
  }
  return parse(text, { mode: 'json' }).body;
}

/** By the place that Node names, else by the one that the other reader does not get past. */
function lineOfFault(text: string, message: string): number {
  const lineAt = (position: number): number => text.slice(0, position).trimEnd().split('\n').length;
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return lineAt(Number(position) + 1);
  try {
    parse(text, { mode: 'json' });
  } catch (error) {
    const offset = error instanceof Error && 'offset' in error ? Number(error.offset) : Number.NaN;
    if (!Number.isNaN(offset)) return lineAt(offset + 1);
  }
  return lineAt(text.length);
}

function keysOf(
  node: ValueNode,
  { at, known, refuse }: { at: string; known: readonly string[]; refuse: Refuse },
): ReadonlyMap<string, ValueNode> {
  if (node.type !== 'Object') {
    throw refuse(`${at === '' ? 'it' : at} must be an object in braces, not ${shown(node)}`, node.loc.start);
  }
  const keys = new Map<string, ValueNode>();
  for (const { name, value, line } of membersOf(node)) {
    const full = at === '' ? name : `${at}.${name}`;
    if (!known.includes(name)) {
      const settings = known.filter((key) => !key.startsWith('$'));
      throw refuse(`${JSON.stringify(full)} is not a setting; in its place there can be: ${settings.join(', ')}`, {
        line,
      });
    }
    if (keys.has(name)) throw refuse(`${JSON.stringify(full)} is there twice`, { line });
    keys.set(name, value);
  }
  return keys;
}

function membersOf({ members }: ObjectNode): readonly { name: string; value: ValueNode; line: number }[] {
  return members.map(({ name, value }) => ({
    name: name.type === 'String' ? name.value : name.name,
    value,
    line: name.loc.start.line,
  }));
}

function shown(node: ValueNode): string {
  return JSON.stringify(evaluate(node));
}

import * as v from 'valibot';

import { GhostError } from '../ghost-error.ts';
import { textStart } from '../text-start.ts';
import type { Operation, ParametersOf, StreamOperation } from './messages.ts';
import { schemas } from './request-schemas.ts';

/** The validation of what a request asks for, on the daemon's side. The command line never loads it. */

const streamOperations: { readonly [O in Operation]: O extends StreamOperation ? true : false } = {
  ping: false,
  run: false,
  restart: false,
  list: false,
  show: false,
  history: false,
  historyStats: false,
  audit: true,
  verify: true,
  rebuild: true,
  table: true,
  environment: false,
  rename: false,
  tag: false,
  redact: false,
  stop: false,
  signal: false,
  wait: false,
  log: true,
  watch: true,
  prune: false,
  status: false,
  shutdown: false,
};

/** Whether there is such an operation. */
export function isOperation(text: string): text is Operation {
  return Object.hasOwn(schemas, text);
}

/** Whether an operation answers with a stream of items. */
export function isStreamOperation(operation: Operation): operation is StreamOperation {
  return streamOperations[operation];
}

/**
 * The name of an operation as it came over the wire.
 * @throws GhostError `invalid-request`.
 */
export function parseOperation(text: string): Operation {
  if (isOperation(text)) return text;
  throw new GhostError('invalid-request', `there is no operation ${quoted(text)}`, {
    hint: `one of ${Object.keys(schemas).join(', ')}`,
    field: 'operation',
  });
}

/**
 * The parameters of an operation, checked field by field.
 * @throws GhostError `invalid-request`: the message names the first wrong field and says what was expected, `field` is
 *   its path, such as `tags[1]`. Values of the environment are never repeated.
 */
export function parseParameters<O extends Operation>(operation: O, parameters: unknown): ParametersOf<O> {
  const parsed = v.safeParse<v.GenericSchema<unknown, ParametersOf<O>>>(schemas[operation], parameters, {
    abortEarly: true,
    abortPipeEarly: true,
  });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = pathOf(issue);
  const given = field.startsWith('environment') ? '' : shown(issue.input);
  throw new GhostError('invalid-request', `${subjectOf(operation, field)} ${issue.message}${given}`, { field });
}

/** What a person calls the field, where it is one that people type. */
function subjectOf(operation: Operation, field: string): string {
  if (field === 'name') return operation === 'redact' ? 'the variable' : 'a name';
  if (/^(?:tags|add|remove)\[\d+\]$/.test(field)) return 'a tag';
  if (/^(?:tags|add|remove)$/.test(field)) return 'the list of tags';
  return `the request's ${field}`;
}

function pathOf({ path }: v.BaseIssue<unknown>): string {
  if (path === undefined) return 'parameters';
  const steps = path.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return steps.join('').replace(/^\./, '');
}

/** Of what is refused so much is repeated, in characters (UTF-16). */
export const shownCharactersMax = 60;

function shown(input: unknown): string {
  switch (typeof input) {
    case 'string':
      return `, not ${quoted(input)}`;
    case 'number':
    case 'boolean':
      return `, not ${input}`;
    default:
      return input === null ? ', not null' : '';
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > shownCharactersMax ? `${textStart(text, shownCharactersMax)}…` : text);
}

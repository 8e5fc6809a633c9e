import { GhostError, type GhostErrorCode, type GhostErrorShape, exitStatusOf } from '../ghost-error.ts';
import { helloTextCharactersMax, moreItemsMax, protocolVersion } from './limits.ts';
import type { DaemonMessage, Hello } from './messages.ts';

/** A client's message whose envelope is right; what a request asks for is not looked at yet (`validate.ts`). */
export type ClientEnvelope =
  | Hello
  | { readonly kind: 'request'; readonly id: number; readonly operation: string; readonly parameters: unknown }
  | { readonly kind: 'more'; readonly id: number; readonly items: number }
  | { readonly kind: 'cancel'; readonly id: number };

type Fields = Readonly<Record<string, unknown>>;

/**
 * The daemon's reading of an unpacked message. Strict: a field that is not known is refused.
 * @throws GhostError `protocol-violation`, which names the field.
 */
export function readClientMessage(value: unknown): ClientEnvelope {
  const fields = readFields(value);
  switch (fields['kind']) {
    case 'hello': {
      const hello = readHello(fields);
      if (hello.protocol === protocolVersion) {
        allowOnly(fields, ['kind', 'protocol', 'program', 'pid', 'terminal']);
      }
      return hello;
    }
    case 'request': {
      allowOnly(fields, ['kind', 'id', 'operation', 'parameters']);
      const { operation, parameters } = fields;
      if (typeof operation !== 'string') throw wrong('operation', 'text');
      return { kind: 'request', id: readId(fields), operation, parameters };
    }
    case 'more': {
      allowOnly(fields, ['kind', 'id', 'items']);
      const { items } = fields;
      if (!isInteger(items) || items < 1 || items > moreItemsMax) {
        throw wrong('items', `a whole number from 1 to ${moreItemsMax}`);
      }
      return { kind: 'more', id: readId(fields), items };
    }
    case 'cancel':
      allowOnly(fields, ['kind', 'id']);
      return { kind: 'cancel', id: readId(fields) };
    default:
      throw wrong('kind', 'hello, request, more or cancel');
  }
}

/**
 * The client's reading of an unpacked message: the envelope only, by hand, so that the command line need not load a
 * validator. The contents are the word of a daemon of the same user. A field that is not known is left aside.
 * @throws GhostError `protocol-violation`, which names the field.
 */
export function readDaemonMessage(value: unknown): DaemonMessage {
  const fields = readFields(value);
  switch (fields['kind']) {
    case 'hello':
      return readHello(fields);
    case 'response':
      return { kind: 'response', id: readId(fields), result: fields['result'] };
    case 'item':
      return { kind: 'item', id: readId(fields), item: fields['item'] };
    case 'end':
      return { kind: 'end', id: readId(fields), result: fields['result'] };
    case 'error':
      return { kind: 'error', id: readId(fields), error: readErrorShape(fields['error']) };
    case 'fault':
      return { kind: 'fault', error: readErrorShape(fields['error']) };
    default:
      throw wrong('kind', 'hello, response, item, end, error or fault');
  }
}

/** Of another version's hello only the version counts: the rest of it may have changed with the version. */
function readHello(fields: Fields): Hello {
  const { protocol, program, pid, terminal } = fields;
  if (!isInteger(protocol) || protocol < 1) throw wrong('protocol', 'a whole number from 1');
  if (protocol !== protocolVersion) {
    return {
      kind: 'hello',
      protocol,
      program: isShortText(program) ? program : 'ghost',
      pid: isInteger(pid) && pid > 0 ? pid : 0,
      terminal: null,
    };
  }
  if (!isShortText(program) || program === '') throw wrong('program', `1 to ${helloTextCharactersMax} characters`);
  if (!isInteger(pid) || pid < 0) throw wrong('pid', 'a process id');
  if (terminal !== null && !isShortText(terminal)) {
    throw wrong('terminal', `null or at most ${helloTextCharactersMax} characters`);
  }
  return { kind: 'hello', protocol, program, pid, terminal };
}

/**
 * An error as it was sent. A code that is not known, of a newer daemon say, is read as `internal`.
 * @throws GhostError `protocol-violation` where it is none.
 */
export function readErrorShape(value: unknown): GhostErrorShape {
  const { code, message, hint, field, task } = readFields(value);
  if (typeof message !== 'string') throw wrong('message', 'text');
  return {
    code: isErrorCode(code) ? code : 'internal',
    message,
    hint: typeof hint === 'string' ? hint : '',
    field: typeof field === 'string' ? field : null,
    task: isInteger(task) ? task : null,
  };
}

/** The table of exit statuses has every code, and nothing else has an exit status. */
function isErrorCode(value: unknown): value is GhostErrorCode {
  return typeof value === 'string' && typeof exitStatusOf(value as GhostErrorCode) === 'number';
}

function readId(fields: Fields): number {
  const { id } = fields;
  if (!isInteger(id) || id < 1) throw wrong('id', 'a whole number from 1');
  return id;
}

function readFields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    throw new GhostError('protocol-violation', 'a message must be a map of fields');
  }
  return value as Fields;
}

function allowOnly(fields: Fields, names: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new GhostError('protocol-violation', `a message has the field ${JSON.stringify(unknown)}, which is not known`, {
    field: unknown,
  });
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= helloTextCharactersMax;
}

function wrong(field: string, expected: string): GhostError {
  return new GhostError('protocol-violation', `a message's ${field} must be ${expected}`, { field });
}

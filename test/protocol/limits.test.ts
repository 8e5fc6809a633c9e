import { Duplex } from 'node:stream';

import { describe, expect, it, test, vi } from 'vitest';

import { GhostError, type GhostErrorCode } from '../../src/ghost-error.ts';
import type { Actor } from '../../src/journal/events.ts';
import type { FilterTerm } from '../../src/projections/task-filter.ts';
import { DaemonConnection } from '../../src/protocol/daemon-connection.ts';
import { readClientMessage, readDaemonMessage } from '../../src/protocol/envelope.ts';
import { encodeFrame } from '../../src/protocol/frame.ts';
import type { Handlers } from '../../src/protocol/handlers.ts';
import {
  argumentBytesMax,
  auditTasksMax,
  durationMsMax,
  faultLingerMs,
  filterTermsMax,
  filterTextCharactersMax,
  frameBytesMax,
  helloTextCharactersMax,
  helloTimeoutMs,
  historyPageMax,
  moreItemsMax,
  nameCharactersMax,
  outgoingBytesMax,
  requestIdCharactersMax,
  tableEndedMax,
  tagCharactersMax,
  tagsMax,
  taskReferenceCharactersMax,
} from '../../src/protocol/limits.ts';
import type { Operation, ParametersOf } from '../../src/protocol/messages.ts';
import { parseOperation, parseParameters, shownCharactersMax } from '../../src/protocol/validate.ts';
import { auditAll, fakeHandlers, fakeTask, greeting } from './served.ts';

const run: ParametersOf<'run'> = {
  requestId: 'a',
  command: ['make'],
  cwd: '/',
  environment: [],
  umask: 0,
  openFilesSoftLimit: null,
  name: null,
  tags: [],
  timeoutMs: null,
};
const audit: ParametersOf<'audit'> = { ...auditAll, follow: false };
const stop: ParametersOf<'stop'> = { requestId: 'a', task: '1', graceMs: 0 };
const prune: ParametersOf<'prune'> = {
  requestId: 'a',
  endedBefore: null,
  keepTasks: null,
  maxBytes: null,
  tasks: null,
  forget: false,
  dryRun: false,
};

interface Edge {
  readonly limit: string;
  /** The number that the refusal names. */
  readonly most: number;
  readonly operation: Operation;
  readonly field: string;
  /** The parameters where the field has so much. */
  readonly of: (size: number) => unknown;
}

/** So many characters, each of two UTF-16 units and four bytes. */
const ghosts = (characters: number): string => '👻'.repeat(characters);

function search(...terms: readonly FilterTerm[]): ParametersOf<'history'> {
  return { filter: { terms, forgotten: false }, before: null, limit: 1 };
}

const edges: readonly Edge[] = [
  {
    limit: 'requestIdCharactersMax',
    most: requestIdCharactersMax,
    operation: 'stop',
    field: 'requestId',
    of: (size) => ({ ...stop, requestId: 'x'.repeat(size) }),
  },
  ...(['run', 'rename'] as const).map((operation) => ({
    limit: 'nameCharactersMax',
    most: nameCharactersMax,
    operation,
    field: 'name',
    of: (size: number) =>
      operation === 'run' ? { ...run, name: ghosts(size) } : { requestId: 'a', task: '1', name: ghosts(size) },
  })),
  {
    limit: 'tagCharactersMax',
    most: tagCharactersMax,
    operation: 'run',
    field: 'tags[1]',
    of: (size) => ({ ...run, tags: ['short', ghosts(size)] }),
  },
  {
    limit: 'tagsMax',
    most: tagsMax,
    operation: 'run',
    field: 'tags',
    of: (size) => ({ ...run, tags: Array(size).fill('t') }),
  },
  ...(['add', 'remove'] as const).map((field) => ({
    limit: 'tagsMax',
    most: tagsMax,
    operation: 'tag' as const,
    field,
    of: (size: number) => ({ requestId: 'a', task: '1', add: [], remove: [], [field]: Array(size).fill('t') }),
  })),
  {
    limit: 'taskReferenceCharactersMax',
    most: taskReferenceCharactersMax,
    operation: 'show',
    field: 'task',
    of: (size) => ({ task: ghosts(size), at: null }),
  },
  ...(['wait', 'prune'] as const).map((operation) => ({
    limit: 'taskReferenceCharactersMax',
    most: taskReferenceCharactersMax,
    operation,
    field: 'tasks[1]',
    of: (size: number) =>
      operation === 'wait'
        ? { tasks: ['1', ghosts(size)], mode: 'all', timeoutMs: null }
        : { ...prune, tasks: ['1', ghosts(size)] },
  })),
  {
    limit: 'filterTermsMax',
    most: filterTermsMax,
    operation: 'history',
    field: 'filter.terms',
    of: (size) => search(...Array.from({ length: size }, (): FilterTerm => ({ not: false, field: 'tag', tag: 'ci' }))),
  },
  {
    limit: 'filterTermsMax',
    most: filterTermsMax,
    operation: 'audit',
    field: 'types',
    of: (size) => ({ ...audit, types: Array(size).fill('TaskExited') }),
  },
  {
    limit: 'filterTextCharactersMax',
    most: filterTextCharactersMax,
    operation: 'history',
    field: 'filter.terms[0].text',
    of: (size) => search({ not: false, field: 'text', text: ghosts(size) }),
  },
  {
    limit: 'filterTextCharactersMax',
    most: filterTextCharactersMax,
    operation: 'audit',
    field: 'actor',
    of: (size) => ({ ...audit, actor: ghosts(size) }),
  },
  {
    limit: 'auditTasksMax',
    most: auditTasksMax,
    operation: 'audit',
    field: 'tasks',
    of: (size) => ({ ...audit, tasks: Array(size).fill('1') }),
  },
  {
    limit: 'historyPageMax',
    most: historyPageMax,
    operation: 'history',
    field: 'limit',
    of: (limit) => ({ ...search(), limit }),
  },
  {
    limit: 'tableEndedMax',
    most: tableEndedMax,
    operation: 'table',
    field: 'ended',
    of: (ended) => ({ at: null, ended }),
  },
  {
    limit: 'durationMsMax',
    most: durationMsMax,
    operation: 'run',
    field: 'timeoutMs',
    of: (timeoutMs) => ({ ...run, timeoutMs }),
  },
  {
    limit: 'durationMsMax',
    most: durationMsMax,
    operation: 'stop',
    field: 'graceMs',
    of: (graceMs) => ({ ...stop, graceMs }),
  },
  {
    limit: 'durationMsMax',
    most: durationMsMax,
    operation: 'wait',
    field: 'timeoutMs',
    of: (timeoutMs) => ({ tasks: [], mode: 'any', timeoutMs }),
  },
  {
    limit: 'durationMsMax',
    most: durationMsMax,
    operation: 'shutdown',
    field: 'graceMs',
    of: (graceMs) => ({ requestId: 'a', stopTasks: true, graceMs }),
  },
  // The kernel counts the NUL that it adds, and the name and the "=" of an entry.
  {
    limit: 'argumentBytesMax',
    most: argumentBytesMax - 1,
    operation: 'run',
    field: 'command[1]',
    of: (size) => ({ ...run, command: ['make', bytesOf(size)] }),
  },
  {
    limit: 'argumentBytesMax',
    most: argumentBytesMax - 1,
    operation: 'run',
    field: 'environment[0]',
    of: (size) => ({ ...run, environment: [['NÄME', Buffer.alloc(size - 'NÄME='.length - 1, 0xff)]] }),
  },
];

/** So many bytes of UTF-8, most of them in characters of four. */
function bytesOf(size: number): string {
  return `${ghosts(Math.floor(size / 4))}${'x'.repeat(size % 4)}`;
}

/** What is thrown where a field is over its limit: the sentence says how much it may have. */
function refusal(code: GhostErrorCode, { field, most }: { readonly field: string; readonly most: number }): Error {
  return expect.objectContaining({ code, field, message: expect.stringContaining(String(most)) }) as Error;
}

describe('what is asked', () => {
  it.each(edges)('may reach $limit in the $field of $operation, and no further', ({ most, operation, field, of }) => {
    expect(parseParameters(parseOperation(operation), of(most))).toEqual(of(most));
    expect(() => parseParameters(parseOperation(operation), of(most + 1))).toThrow(
      refusal('invalid-request', { field, most }),
    );
  });

  test('is repeated in a refusal as far as it can be looked at, with no half of a character at the end', () => {
    const messageFor = (cwd: string): string => {
      try {
        parseParameters('run', { ...run, cwd });
      } catch (error) {
        if (error instanceof GhostError) return error.message;
      }
      throw new Error('it was taken');
    };
    const most = shownCharactersMax;
    expect(messageFor('x'.repeat(most))).toMatch(new RegExp(`not "x{${most}}"$`));
    expect(messageFor('x'.repeat(most + 1))).toMatch(new RegExp(`not "x{${most}}…"$`));
    expect(messageFor(`x${ghosts(most)}`)).toMatch(new RegExp(`not "x(👻){${most / 2 - 1}}…"$`, 'u'));
  });
});

describe('a message', () => {
  test('may ask for so many items more, and for not one beyond that', () => {
    const more = (items: number): unknown => ({ kind: 'more', id: 1, items });
    expect(readClientMessage(more(1))).toEqual(more(1));
    expect(readClientMessage(more(moreItemsMax))).toEqual(more(moreItemsMax));
    for (const items of [0, moreItemsMax + 1]) {
      expect(() => readClientMessage(more(items))).toThrow(
        expect.objectContaining({ code: 'protocol-violation', field: 'items' }) as Error,
      );
    }
  });

  test.each(['program', 'terminal'])('says what its %s is in so much text, on both sides, and in no more', (field) => {
    const hello = (units: number): object => ({ ...greeting, [field]: 'x'.repeat(units) });
    for (const read of [readClientMessage, readDaemonMessage]) {
      expect(read(hello(helloTextCharactersMax))).toEqual(hello(helloTextCharactersMax));
      expect(() => read(hello(helloTextCharactersMax + 1))).toThrow(
        refusal('protocol-violation', { field, most: helloTextCharactersMax }),
      );
    }
  });

  test('of another version is told from one that is wrong however much it says of itself', () => {
    const program = 'x'.repeat(helloTextCharactersMax + 1);
    expect(readClientMessage({ ...greeting, protocol: 99, program })).toMatchObject({ protocol: 99, program: 'ghost' });
  });
});

describe('a connection', () => {
  test('is read while what waits for its client is within the limit, and no more when it is a byte over', async () => {
    for (const over of [0, 1]) {
      let pings = 0;
      using unread = new UnreadConnection({
        wait: async () => [{ ...fakeTask(1), cwd: 'x'.repeat(padding + over) }],
        ping: async () => {
          pings += 1;
          return {};
        },
      });
      const hello = unread.duplex.writableLength;
      const bare = encodeFrame({ kind: 'response', id: 1, result: [{ ...fakeTask(1), cwd: longText }] }, frames);
      const padding = outgoingBytesMax - hello - (bare.length - longText.length);
      unread.take(greeting, request(1, 'wait', { tasks: [], mode: 'all', timeoutMs: null }));
      await turns();
      expect(unread.duplex.writableLength).toBe(outgoingBytesMax + over);
      unread.take(request(2, 'ping', {}));
      await turns();
      expect(pings).toBe(1 - over);
    }
  });

  test('has so long for its hello, and for reading why it is ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      using unread = new UnreadConnection({});
      const atFirst = unread.duplex.writableLength;
      vi.advanceTimersByTime(helloTimeoutMs - 1);
      await turns();
      expect(unread.duplex.writableLength).toBe(atFirst);
      vi.advanceTimersByTime(1);
      await turns();
      expect(unread.duplex.writableLength).toBeGreaterThan(atFirst);
      vi.advanceTimersByTime(faultLingerMs - 1);
      await turns();
      expect(unread.duplex.destroyed).toBe(false);
      vi.advanceTimersByTime(1);
      await turns();
      expect(unread.duplex.destroyed).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

const frames = { bytesMax: frameBytesMax };
/** Long enough that its length is written in as many bytes as that of a longer one. */
const longText = 'x'.repeat(70_000);

function request(id: number, operation: Operation, parameters: unknown): unknown {
  return { kind: 'request', id, operation, parameters };
}

/** The daemon's half of a connection whose client takes nothing of what it is sent. */
class UnreadConnection implements Disposable {
  readonly duplex = new Duplex({ read: () => undefined, write: () => undefined });
  readonly #connection: DaemonConnection;

  constructor(handlers: Partial<Handlers>) {
    const actor: Actor = { kind: 'client', uid: 0, pid: 1, client: 'test', terminal: null, commandLine: null };
    this.#connection = new DaemonConnection(this.duplex, {
      program: 'ghostd test',
      pid: 1,
      handlers: fakeHandlers(handlers),
      actorOf: () => actor,
      onInternalError: (error) => {
        throw error;
      },
    });
  }

  take(...messages: readonly unknown[]): void {
    this.duplex.push(Buffer.concat(messages.map((message) => encodeFrame(message, frames))));
  }

  [Symbol.dispose](): void {
    this.#connection.destroy();
  }
}

/** All that follows at once from what was done. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

import { isAbsolute } from 'node:path';

import * as v from 'valibot';

import type { TaskState } from '../projections/task-view.ts';
import {
  argumentBytesMax,
  auditTasksMax,
  durationMsMax,
  filterTermsMax,
  filterTextCharactersMax,
  historyPageMax,
  nameCharactersMax,
  requestIdCharactersMax,
  tableEndedMax,
  tagCharactersMax,
  tagsMax,
  taskReferenceCharactersMax,
} from './limits.ts';
import type { Operation, ParametersOf } from './messages.ts';
import { isSignalName } from './signals.ts';

/** One schema per operation. A message is what follows the field's name in the sentence that refuses it. */

const controlCharacter = /\p{Cc}/u;
const commandArgumentBytesMax = argumentBytesMax - 1;

const text = v.string('must be text');
const flag = v.boolean('must be true or false');

function wholeNumber({ from, to }: { from: number; to: number }) {
  const message = `must be a whole number from ${from} to ${to}`;
  return v.pipe(v.number(message), v.safeInteger(message), v.minValue(from, message), v.maxValue(to, message));
}

function textWhere(message: string, test: (text: string) => boolean) {
  return v.pipe(v.string(message), v.check(test, message));
}

function fields<E extends v.ObjectEntries>(entries: E) {
  return v.pipe(
    v.custom<Readonly<Record<string, unknown>>>(isMap, 'must be a map of fields'),
    v.strictObject(entries, ({ expected }) => (expected === 'never' ? 'is not a field of this request' : 'is missing')),
  );
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

const requestId = textWhere(
  `must be an id of 1 to ${requestIdCharactersMax} letters, digits and dashes`,
  (id) => id.length <= requestIdCharactersMax && /^[A-Za-z0-9-]+$/.test(id),
);

const task = textWhere(
  `must name a task in 1 to ${taskReferenceCharactersMax} characters`,
  (reference) => reference !== '' && charactersOf(reference) <= taskReferenceCharactersMax,
);

const time = textWhere(
  'must be a time in ISO 8601, UTC',
  (given) => !Number.isNaN(Date.parse(given)) && given.endsWith('Z'),
);

const duration = wholeNumber({ from: 0, to: durationMsMax });

const argument = v.pipe(
  text,
  v.check((word) => !word.includes('\0'), 'must not contain a NUL'),
  v.check(
    (word) => Buffer.byteLength(word) <= commandArgumentBytesMax,
    `must have at most ${commandArgumentBytesMax} bytes, which is what the kernel takes`,
  ),
);

const command = v.pipe(
  v.array(argument, 'must be an array of text'),
  v.minLength(1, 'must have at least one word'),
  v.check(([program]) => program !== '', 'must begin with a program: its first word is empty'),
);

const cwd = textWhere('must be an absolute path without a NUL', (path) => isAbsolute(path) && !path.includes('\0'));

const environmentName = textWhere('must be a name that is not empty and has no "=" and no NUL', (given) =>
  /^[^=\0]+$/.test(given),
);

const environmentEntry = v.pipe(
  v.strictTuple(
    [
      environmentName,
      // Not a union: its own sentence would repeat the value.
      v.custom<string | Uint8Array>(
        (value) =>
          (typeof value === 'string' && !value.includes('\0')) || (value instanceof Uint8Array && !value.includes(0)),
        'must be text or bytes without a NUL',
      ),
    ],
    'must be a pair of a name and a value',
  ),
  v.check(
    ([name, value]) => Buffer.byteLength(name) + 1 + Buffer.byteLength(value) <= commandArgumentBytesMax,
    `must have at most ${commandArgumentBytesMax} bytes as NAME=VALUE, which is what the kernel takes`,
  ),
);

const name = v.pipe(
  text,
  v.check(
    (given) => given !== '' && charactersOf(given) <= nameCharactersMax && !controlCharacter.test(given),
    `must have 1 to ${nameCharactersMax} characters and no control characters`,
  ),
  v.check((given) => !/^\d+$/.test(given), 'must not be digits only, which would name a task by its number'),
  v.check((given) => !/^[@-]/.test(given), 'must not begin with @ or -'),
);

const tag = v.pipe(
  text,
  v.check(
    (given) => given !== '' && charactersOf(given) <= tagCharactersMax && !/[\s\p{Cc}]/u.test(given),
    `must have 1 to ${tagCharactersMax} characters, no white space and no control characters`,
  ),
  v.check((given) => !/^[+-]/.test(given), 'must not begin with + or -'),
);

const tags = v.pipe(
  v.array(tag, 'must be an array of tags'),
  v.maxLength(tagsMax, `must have at most ${tagsMax} tags`),
);

const signal = textWhere('must be the name of a signal, such as SIGTERM', isSignalName);

const states = ['running', 'exited', 'failed', 'killed', 'lost'] as const satisfies readonly TaskState[];

const count = wholeNumber({ from: 0, to: Number.MAX_SAFE_INTEGER });

const moment = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('event'), seq: wholeNumber({ from: 1, to: Number.MAX_SAFE_INTEGER }) }),
    v.strictObject({ kind: v.literal('time'), time }),
  ],
  'must be an event with its seq or a time with its time',
);

const filterText = textWhere(
  `must be text of 1 to ${filterTextCharactersMax} characters`,
  (given) => given !== '' && charactersOf(given) <= filterTextCharactersMax,
);

function term<E extends v.ObjectEntries>(entries: E) {
  return v.strictObject({ not: flag, ...entries });
}

const filter = fields({
  terms: v.pipe(
    v.array(
      v.variant(
        'field',
        [
          term({ field: v.literal('text'), text: filterText }),
          term({
            field: v.literal('state'),
            state: v.picklist(states, `must be one of ${states.join(', ')}`),
          }),
          term({ field: v.literal('exit'), code: wholeNumber({ from: 0, to: 255 }) }),
          term({ field: v.literal('signal'), signal }),
          term({ field: v.literal('name'), name: filterText }),
          term({ field: v.literal('tag'), tag: filterText }),
          term({ field: v.literal('cwd'), folder: cwd }),
          term({ field: v.literal('since'), time }),
          term({ field: v.literal('until'), time }),
          term({ field: v.literal('longer'), durationMs: count }),
          term({ field: v.literal('shorter'), durationMs: count }),
        ],
        'must be a term with one of the fields text, state, exit, signal, name, tag, cwd, since, until, longer, shorter',
      ),
      'must be an array of terms',
    ),
    v.maxLength(filterTermsMax, `must have at most ${filterTermsMax} terms`),
  ),
  forgotten: flag,
});

const none = fields({});

export const schemas: { readonly [O in Operation]: v.GenericSchema<unknown, ParametersOf<O>> } = {
  ping: none,
  status: none,
  run: fields({
    requestId,
    command,
    cwd,
    environment: v.array(environmentEntry, 'must be an array of pairs'),
    umask: wholeNumber({ from: 0, to: 0o777 }),
    openFilesSoftLimit: v.nullable(wholeNumber({ from: 1, to: Number.MAX_SAFE_INTEGER })),
    name: v.nullable(name),
    tags,
    timeoutMs: v.nullable(duration),
  }),
  restart: fields({ requestId, task }),
  list: fields({
    states: v.nullable(
      v.array(v.picklist(states, `must be one of ${states.join(', ')}`), 'must be an array of states'),
    ),
    all: flag,
    at: v.nullable(moment),
    after: count,
  }),
  show: fields({ task, at: v.nullable(moment) }),
  history: fields({
    filter,
    before: v.nullable(count),
    limit: wholeNumber({ from: 1, to: historyPageMax }),
  }),
  historyStats: fields({ filter }),
  audit: fields({
    after: count,
    before: v.nullable(count),
    tasks: v.nullable(
      v.pipe(
        v.array(task, 'must be an array of tasks'),
        v.minLength(1, 'must have at least one task'),
        v.maxLength(auditTasksMax, `must have at most ${auditTasksMax} tasks`),
      ),
    ),
    types: v.nullable(
      v.pipe(
        v.array(filterText, 'must be an array of text'),
        v.minLength(1, 'must have at least one type'),
        v.maxLength(filterTermsMax, `must have at most ${filterTermsMax} types`),
      ),
    ),
    since: v.nullable(time),
    until: v.nullable(time),
    actor: v.nullable(filterText),
    last: v.nullable(count),
    follow: flag,
  }),
  verify: none,
  rebuild: none,
  table: fields({ at: v.nullable(moment), ended: wholeNumber({ from: 0, to: tableEndedMax }) }),
  environment: fields({ task, reveal: flag }),
  rename: fields({ requestId, task, name: v.nullable(name) }),
  tag: fields({ requestId, task, add: tags, remove: tags }),
  redact: fields({ requestId, task, name: environmentName }),
  stop: fields({ requestId, task, graceMs: duration }),
  signal: fields({ requestId, task, signal }),
  wait: fields({
    tasks: v.array(task, 'must be an array of tasks'),
    mode: v.picklist(['all', 'any'], 'must be all or any'),
    timeoutMs: v.nullable(duration),
  }),
  log: v.pipe(
    fields({
      task,
      streams: v.picklist(['both', 'stdout', 'stderr'], 'must be both, stdout or stderr'),
      follow: flag,
      lines: v.nullable(count),
      cursor: v.nullable(fields({ stdout: count, stderr: count })),
      before: v.nullable(fields({ stdout: count, stderr: count })),
      since: v.nullable(time),
      until: v.nullable(time),
      batches: flag,
    }),
    v.forward(
      v.check(({ before, follow }) => before === null || !follow, 'must be null where the log is followed'),
      ['before'],
    ),
    v.forward(
      v.check(({ lines, cursor }) => lines === null || cursor === null, 'must be null where a cursor is given'),
      ['lines'],
    ),
  ),
  prune: fields({
    requestId,
    endedBefore: v.nullable(time),
    keepTasks: v.nullable(count),
    maxBytes: v.nullable(count),
    tasks: v.nullable(v.array(task, 'must be an array of tasks')),
    forget: flag,
    dryRun: flag,
  }),
  watch: fields({ after: v.nullable(count) }),
  shutdown: fields({ requestId, stopTasks: flag, graceMs: duration }),
};

function charactersOf(given: string): number {
  return given.length <= 1 ? given.length : [...given].length;
}

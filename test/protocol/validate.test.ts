import { describe, expect, it } from 'vitest';

import { GhostError } from '../../src/ghost-error.ts';
import {
  argumentBytesMax,
  auditTasksMax,
  durationMsMax,
  historyPageMax,
  tableEndedMax,
  tagsMax,
} from '../../src/protocol/limits.ts';
import type { Operation, ParametersOf } from '../../src/protocol/messages.ts';
import { parseOperation, parseParameters } from '../../src/protocol/validate.ts';
import { auditAll } from './served.ts';

const run: ParametersOf<'run'> = {
  requestId: 'a-1',
  command: ['make', '', 'a\nb "c"'],
  cwd: '/home/me',
  environment: [
    ['PATH', '/bin'],
    ['EMPTY', ''],
    ['BASH_FUNC_f%%', '() { :; }'],
    ['RAW', Buffer.from([0xff, 0xfe])],
  ],
  umask: 0o022,
  openFilesSoftLimit: 1024,
  name: 'build',
  tags: ['ci', 'nightly'],
  timeoutMs: 1_000,
};

const everyTerm: ParametersOf<'history'> = {
  filter: {
    terms: [
      { not: false, field: 'text', text: 'make' },
      { not: true, field: 'state', state: 'running' },
      { not: false, field: 'exit', code: 255 },
      { not: false, field: 'signal', signal: 'SIGTERM' },
      { not: false, field: 'name', name: 'web' },
      { not: false, field: 'tag', tag: 'ci' },
      { not: false, field: 'cwd', folder: '/srv' },
      { not: false, field: 'since', time: '2026-11-22T14:03:20.000Z' },
      { not: false, field: 'until', time: '2026-11-22T14:03:20.000Z' },
      { not: false, field: 'longer', durationMs: 0 },
      { not: false, field: 'shorter', durationMs: 1 },
    ],
    forgotten: true,
  },
  before: 12,
  limit: historyPageMax,
};

const good: { readonly [O in Operation]: readonly ParametersOf<O>[] } = {
  ping: [{}],
  status: [{}],
  prune: [
    { requestId: 'p', endedBefore: null, keepTasks: null, maxBytes: null, tasks: null, forget: false, dryRun: false },
    {
      requestId: 'p',
      endedBefore: '2026-11-22T14:03:20.000Z',
      keepTasks: 3,
      maxBytes: 0,
      tasks: ['1'],
      forget: true,
      dryRun: true,
    },
  ],
  run: [
    run,
    { ...run, name: null, tags: [], timeoutMs: null, openFilesSoftLimit: null, environment: [] },
    { ...run, umask: 0, timeoutMs: 0, name: 'n'.repeat(128), tags: ['t'.repeat(64)] },
    { ...run, umask: 0o777, timeoutMs: durationMsMax, name: '👻'.repeat(128), tags: ['é'.repeat(64)] },
    { ...run, command: ['x'.repeat(argumentBytesMax - 1)], name: '1a', tags: Array(tagsMax).fill('t') },
    { ...run, environment: [['N', 'x'.repeat(argumentBytesMax - 3)]] },
  ],
  restart: [{ requestId: 'a', task: '@last' }],
  list: [
    { states: null, all: true, at: null, after: 0 },
    { states: ['running', 'lost'], all: false, at: { kind: 'event', seq: 7 }, after: 12 },
    { states: null, all: false, at: { kind: 'time', time: '2026-11-22T14:03:20.000Z' }, after: 0 },
  ],
  show: [{ task: '42', at: null }],
  history: [{ filter: { terms: [], forgotten: false }, before: null, limit: 1 }, everyTerm],
  historyStats: [{ filter: { terms: [], forgotten: true } }],
  audit: [
    auditAll,
    {
      after: 7,
      before: 99,
      tasks: Array<string>(auditTasksMax).fill('web'),
      types: ['TaskExited'],
      since: '2026-11-22T14:03:20.000Z',
      until: '2026-11-22T15:03:20.000Z',
      actor: 'cron',
      last: 10,
      follow: false,
    },
  ],
  verify: [{}],
  rebuild: [{}],
  table: [
    { at: null, ended: 0 },
    { at: { kind: 'event', seq: 1 }, ended: tableEndedMax },
  ],
  environment: [{ task: '1', reveal: true }],
  rename: [
    { requestId: 'a', task: '1', name: 'web' },
    { requestId: 'a', task: '1', name: null },
  ],
  tag: [{ requestId: 'a', task: '1', add: ['ci'], remove: ['nightly'] }],
  redact: [{ requestId: 'a', task: '1', name: 'TOKEN' }],
  stop: [{ requestId: 'a', task: 'web', graceMs: 0 }],
  signal: [{ requestId: 'a', task: '1', signal: 'SIGHUP' }],
  wait: [
    { tasks: [], mode: 'all', timeoutMs: null },
    { tasks: ['1', 'web'], mode: 'any', timeoutMs: 0 },
  ],
  log: [
    {
      task: '1',
      streams: 'both',
      follow: true,
      lines: 0,
      cursor: null,
      before: null,
      since: null,
      until: null,
      batches: true,
    },
    {
      task: '1',
      streams: 'stderr',
      follow: false,
      lines: null,
      cursor: { stdout: 0, stderr: 5 },
      before: { stdout: 7, stderr: 9 },
      since: null,
      until: null,
      batches: false,
    },
  ],
  watch: [{ after: null }, { after: 0 }],
  shutdown: [{ requestId: 'a', stopTasks: true, graceMs: durationMsMax }],
};

describe('the parameters of a request', () => {
  for (const [operation, examples] of Object.entries(good)) {
    it(`of ${operation} are taken as they are when they are right`, () => {
      for (const example of examples) expect(parseParameters(parseOperation(operation), example)).toEqual(example);
    });

    it(`of ${operation} are refused when a field is there that is not known, or one is missing`, () => {
      const [example] = examples;
      const extra = { ...example, extra: 1 };
      expect(refusal(parseOperation(operation), extra)).toMatchObject({ field: 'extra' });
      for (const field of Object.keys(example ?? {})) {
        const { [field]: _left, ...rest }: Record<string, unknown> = { ...example };
        expect(refusal(parseOperation(operation), rest)).toMatchObject({
          field,
          message: expect.stringContaining('missing'),
        });
      }
    });

    it(`of ${operation} are refused when they are no map of fields`, () => {
      for (const wrong of [null, 7, 'text', [], Buffer.from('x')]) {
        expect(refusal(parseOperation(operation), wrong).code).toBe('invalid-request');
      }
    });
  }

  const long = 'x'.repeat(argumentBytesMax);
  it.each<[field: string, Partial<Record<keyof ParametersOf<'run'>, unknown>>, says: RegExp]>([
    ['requestId', { requestId: '' }, /1 to 64/],
    ['requestId', { requestId: 'a b' }, /letters, digits and dashes/],
    ['requestId', { requestId: 'x'.repeat(65) }, /1 to 64/],
    ['requestId', { requestId: 7 }, /must be an id/],
    ['command', { command: 'make' }, /array of text/],
    ['command', { command: [] }, /at least one word/],
    ['command', { command: ['', 'x'] }, /first word is empty/],
    ['command[1]', { command: ['a', 7] }, /must be text/],
    ['command[1]', { command: ['a', 'b\0c'] }, /NUL/],
    ['command[1]', { command: ['a', long] }, /131071 bytes/],
    ['command[0]', { command: ['é'.repeat(argumentBytesMax / 2)] }, /131071 bytes/],
    ['cwd', { cwd: 'relative' }, /absolute path.*not "relative"/],
    ['cwd', { cwd: '' }, /absolute path/],
    ['cwd', { cwd: '/a\0b' }, /NUL/],
    ['environment', { environment: { A: '1' } }, /array of pairs/],
    ['environment[0]', { environment: ['A=1'] }, /pair/],
    ['environment[0][2]', { environment: [['A', '1', '2']] }, /pair/],
    ['environment[0][0]', { environment: [['', '1']] }, /not empty/],
    ['environment[0][0]', { environment: [['A=B', '1']] }, /no "="/],
    ['environment[0][0]', { environment: [['A\0', '1']] }, /NUL/],
    [
      'environment[1][1]',
      {
        environment: [
          ['A', '1'],
          ['B', 'x\0y'],
        ],
      },
      /without a NUL/,
    ],
    ['environment[0][1]', { environment: [['A', Buffer.from([1, 0])]] }, /without a NUL/],
    ['environment[0][1]', { environment: [['A', 7]] }, /text or bytes/],
    ['environment[0]', { environment: [['A', long]] }, /131071 bytes as NAME=VALUE/],
    ['umask', { umask: -1 }, /0 to 511.*not -1/],
    ['umask', { umask: 0o1000 }, /0 to 511/],
    ['umask', { umask: 1.5 }, /whole number/],
    ['umask', { umask: '022' }, /whole number/],
    ['openFilesSoftLimit', { openFilesSoftLimit: 0 }, /from 1/],
    ['name', { name: '' }, /1 to 128/],
    ['name', { name: 'n'.repeat(129) }, /1 to 128/],
    ['name', { name: 'a\u001b[31m' }, /control characters/],
    ['name', { name: '42' }, /digits only/],
    ['name', { name: '@last' }, /begin with @ or -/],
    ['name', { name: '-f' }, /begin with @ or -/],
    ['tags', { tags: Array(tagsMax + 1).fill('t') }, /at most 32/],
    ['tags[1]', { tags: ['ok', ''] }, /1 to 64/],
    ['tags[0]', { tags: ['t'.repeat(65)] }, /1 to 64/],
    ['tags[0]', { tags: ['a b'] }, /white space.*not "a b"/],
    ['tags[0]', { tags: ['a\u0085'] }, /control characters/],
    ['tags[0]', { tags: ['+a'] }, /begin with \+ or -/],
    ['tags[0]', { tags: ['-a'] }, /begin with \+ or -/],
    ['timeoutMs', { timeoutMs: -1 }, /0 to 2147483647/],
    ['timeoutMs', { timeoutMs: durationMsMax + 1 }, /0 to 2147483647/],
  ])('of run are refused for a wrong %s (%#)', (field, wrong, says) => {
    const error = refusal('run', { ...run, ...wrong });
    expect(error).toMatchObject({ code: 'invalid-request', field, message: expect.stringMatching(says) });
    // By what a person calls it, where that is something that people type.
    expect(error.message).toContain(field.startsWith('tags[') ? 'a tag must' : field);
  });

  it.each<[Operation, string, unknown]>([
    ['restart', 'task', { requestId: 'a', task: '' }],
    ['show', 'task', { task: 'x'.repeat(257) }],
    ['show', 'task', { task: 42 }],
    ['list', 'states[0]', { states: ['ended'], all: false }],
    ['list', 'states', { states: 'running', all: false }],
    ['list', 'all', { states: null, all: 'yes' }],
    ['stop', 'graceMs', { requestId: 'a', task: '1', graceMs: durationMsMax + 1 }],
    ['signal', 'signal', { requestId: 'a', task: '1', signal: 'HUP' }],
    ['signal', 'signal', { requestId: 'a', task: '1', signal: 'SIGNONE' }],
    ['signal', 'signal', { requestId: 'a', task: '1', signal: 1 }],
    ['wait', 'mode', { tasks: [], mode: 'some', timeoutMs: null }],
    ['wait', 'tasks[1]', { tasks: ['1', ''], mode: 'all', timeoutMs: null }],
    ['wait', 'timeoutMs', { tasks: [], mode: 'all', timeoutMs: -5 }],
    [
      'log',
      'streams',
      { task: '1', streams: 'all', follow: false, lines: null, cursor: null, since: null, until: null },
    ],
    ['log', 'lines', { task: '1', streams: 'both', follow: false, lines: -1, cursor: null, since: null, until: null }],
    [
      'log',
      'lines',
      {
        task: '1',
        streams: 'both',
        follow: false,
        lines: 5,
        cursor: { stdout: 0, stderr: 0 },
        before: null,
        since: null,
        until: null,
        batches: false,
      },
    ],
    [
      'log',
      'cursor.stderr',
      { task: '1', streams: 'both', follow: false, lines: null, cursor: { stdout: 0, stderr: -1 } },
    ],
    [
      'log',
      'cursor.both',
      { task: '1', streams: 'both', follow: false, lines: null, cursor: { stdout: 0, stderr: 0, both: 0 } },
    ],
    ['watch', 'after', { after: 1.5 }],
    ['shutdown', 'stopTasks', { requestId: 'a', stopTasks: 1, graceMs: 0 }],
  ])('of %s are refused for a wrong %s (%#)', (operation, field, parameters) => {
    expect(refusal(operation, parameters)).toMatchObject({ code: 'invalid-request', field });
  });

  it('are refused without repeating what is in the environment', () => {
    const error = refusal('run', { ...run, environment: [['TOKEN', 'hunter2\0']] });
    expect(JSON.stringify(error.toShape())).not.toContain('hunter2');
  });
});

describe('an operation', () => {
  it.each(['', 'Run', 'toString', '__proto__', 'constructor'])(
    '%j is refused, and the ones that exist are named',
    (text) => {
      expect(() => parseOperation(text)).toThrow(
        expect.objectContaining({ field: 'operation', hint: expect.stringContaining('run') }),
      );
    },
  );
});

function refusal(operation: Operation, parameters: unknown): GhostError {
  try {
    parseParameters(operation, parameters);
  } catch (error) {
    if (error instanceof GhostError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

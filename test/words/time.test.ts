import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { ParsedOptions } from '../../src/cli/parse.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { resolveTimeRange, timeRangeOption } from '../../src/cli/time-option.ts';
import { GhostError } from '../../src/ghost-error.ts';
import { parseTime } from '../../src/words/time.ts';
import { eventsOf, fakeClient, someone } from '../cli/fake-client.ts';

// Not UTC, and with a day that has 25 hours: what is local and what is not must differ.
process.env['TZ'] = 'Europe/Berlin';

const nowMs = Date.parse('2026-11-22T14:05:00.250Z');

function momentOf(text: string, at = nowMs): string {
  const time = parseTime(text, { nowMs: at });
  if (time.kind === 'sequence') throw new Error(`${text} was taken for an event`);
  return new Date(time.atMs).toISOString();
}

describe('a time is understood', () => {
  test.for([
    ['now', '2026-11-22T14:05:00.250Z'],
    ['14:30', '2026-11-22T13:30:00.000Z'],
    ['14:30:05', '2026-11-22T13:30:05.000Z'],
    ['14:30:05.7', '2026-11-22T13:30:05.700Z'],
    ['9:00', '2026-11-22T08:00:00.000Z'],
    ['23:59', '2026-11-22T22:59:00.000Z'],
    ['9am', '2026-11-22T08:00:00.000Z'],
    ['2:30pm', '2026-11-22T13:30:00.000Z'],
    ['2:30:05 PM', '2026-11-22T13:30:05.000Z'],
    ['12am', '2026-11-21T23:00:00.000Z'],
    ['12pm', '2026-11-22T11:00:00.000Z'],
    ['yesterday 9am', '2026-11-21T08:00:00.000Z'],
    ['2026-11-20 9 pm', '2026-11-20T20:00:00.000Z'],
    ['today', '2026-11-21T23:00:00.000Z'],
    ['today 9:00', '2026-11-22T08:00:00.000Z'],
    ['yesterday', '2026-11-20T23:00:00.000Z'],
    ['Yesterday  14:30', '2026-11-21T13:30:00.000Z'],
    ['2h ago', '2026-11-22T12:05:00.250Z'],
    ['2 hours ago', '2026-11-22T12:05:00.250Z'],
    ['an hour ago', '2026-11-22T13:05:00.250Z'],
    ['A minute  ago', '2026-11-22T14:04:00.250Z'],
    ['5 mins ago', '2026-11-22T14:00:00.250Z'],
    ['1 sec ago', '2026-11-22T14:04:59.250Z'],
    ['3 days ago', '2026-11-19T14:05:00.250Z'],
    ['1h30m ago', '2026-11-22T12:35:00.250Z'],
    ['-2h', '2026-11-22T12:05:00.250Z'],
    ['-500ms', '2026-11-22T14:04:59.750Z'],
    ['400d ago', '2025-10-18T14:05:00.250Z'],
    ['2026-11-20', '2026-11-19T23:00:00.000Z'],
    ['2026-11-20 14:30', '2026-11-20T13:30:00.000Z'],
    ['2026-11-20T14:30', '2026-11-20T13:30:00.000Z'],
    ['2026-11-20T14:30:05.123456', '2026-11-20T13:30:05.123Z'],
    ['2026-11-20T14:30:00Z', '2026-11-20T14:30:00.000Z'],
    ['2026-11-20t14:30z', '2026-11-20T14:30:00.000Z'],
    ['2026-11-20 14:30+05:30', '2026-11-20T09:00:00.000Z'],
    ['2026-11-20 14:30-0800', '2026-11-20T22:30:00.000Z'],
    ['2026-11-20 14:30+01', '2026-11-20T13:30:00.000Z'],
    ['2024-02-29T00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0042-01-01T00:00Z', '0042-01-01T00:00:00.000Z'],
    ['2126-01-01T00:00Z', '2126-01-01T00:00:00.000Z'],
    [' 2h ago ', '2026-11-22T12:05:00.250Z'],
    // The clocks go forward: what was skipped is taken as an hour later.
    ['2026-03-29 02:30', '2026-03-29T01:30:00.000Z'],
  ] as const)('%j at 15:05 in Berlin is %s', ([text, iso]) => {
    expect(momentOf(text)).toBe(iso);
  });

  test('yesterday is the day before by the calendar, also over a night of 25 hours', () => {
    const monday = Date.parse('2026-10-26T12:00:00Z');
    expect(momentOf('yesterday', monday)).toBe('2026-10-24T22:00:00.000Z');
    expect(momentOf('yesterday 12:00', monday)).toBe('2026-10-25T11:00:00.000Z');
  });

  test('every moment is read back from ISO 8601, in UTC and in any zone', () => {
    const moment = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, fc.integer({ min: -1439, max: 1439 }), (date, minutes) => {
        expect(momentOf(date.toISOString())).toBe(date.toISOString());
        const shifted = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const of = Math.abs(minutes);
        const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(of / 60))}:${two(of % 60)}`;
        expect(momentOf(`${shifted}${zone}`)).toBe(date.toISOString());
      }),
    );
  });

  test('every moment is read back from the clock on the wall', () => {
    const moment = fc.date({
      min: new Date('1970-01-02T00:00:00Z'),
      max: new Date('2100-01-01T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, (date) => {
        const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
        const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
        const read = new Date(momentOf(`${day} ${time}`));
        expect([read.getDate(), read.getHours(), read.getMinutes()]).toEqual([
          date.getDate(),
          date.getHours(),
          date.getMinutes(),
        ]);
        expect(momentOf(time, date.getTime())).toBe(read.toISOString());
      }),
    );
  });

  test('whatever else is typed is refused and nothing else goes wrong', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-0-9:TZ+. hms]{0,24}$/)), (text) => {
        expect(answerTo(text)).toMatch(/^(?:seq|usage|.*Z)$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what is no time is refused with examples', () => {
  const hint = '14:30, yesterday 14:30, 2026-11-20 14:30, 2h ago, or seq:1812 for the time of an event';
  test.for([
    ['', '"" is no time'],
    ['noon', '"noon" is no time'],
    ['2', '"2" is no time'],
    ['2h', '"2h" is no time'],
    ['2 ago', '"2 ago" is no time'],
    ['2 months ago', '"2 months ago" is no time'],
    ['2 hours', '"2 hours" is no time'],
    ['-2', '"-2" is no time'],
    ['25:00', '"25:00" is no time: the last moment of a day is 23:59:59'],
    ['24:00', '"24:00" is no time: the last moment of a day is 23:59:59'],
    ['14:60', '"14:60" is no time: the last moment of a day is 23:59:59'],
    ['14:3', '"14:3" is no time'],
    ['13pm', '"13pm" is no time'],
    ['0am', '"0am" is no time'],
    ['9:60am', '"9:60am" is no time: the last moment of a day is 23:59:59'],
    ['seq:9am', '"seq:9am" is no time'],
    ['2026-02-30', '"2026-02-30" is no time: there is no such day'],
    ['2026-13-01', '"2026-13-01" is no time: there is no such day'],
    ['2026-00-10', '"2026-00-10" is no time: there is no such day'],
    ['2026-11-20 14:30+25:00', '"2026-11-20 14:30+25:00" is no time: there is no such time zone'],
    ['2026-11-20Z', '"2026-11-20Z" is no time'],
    ['99999999999d ago', '"99999999999d ago" is no time: it lies too far back'],
    ['seq:0', '"seq:0" is no time: the first event is seq:1'],
    ['seq:x', '"seq:x" is no time'],
    ['a\u001b[2Jb', '"a\\e[2Jb" is no time'],
  ] as const)('%j', ([text, message]) => {
    expect(() => parseTime(text, { nowMs })).toThrow(expect.objectContaining({ code: 'usage', message, hint }));
  });
});

describe('the time of an event', () => {
  const events = eventsOf(
    { type: 'DaemonStopped', task: null, actor: someone, data: { reason: 'x', tasksRunning: 0 } },
    { type: 'DaemonStopped', task: null, actor: someone, data: { reason: 'y', tasksRunning: 0 } },
  );
  const asked: [after: number, before: number][] = [];
  const client = fakeClient({
    status: () => Promise.resolve({ ...statusOfNobody, events: events.length }),
    audit: async function* audit({ after = 0, before = Number.POSITIVE_INFINITY } = {}) {
      asked.push([after, before]);
      yield* events.filter(({ seq }) => seq > after && seq < before);
      return { seq: events.length };
    },
  });

  test('is asked of the journal', async () => {
    expect(await resolveTimeRange(rangeOf('--since', 'seq:1', '--until', 'seq:2'), client)).toEqual({
      since: new Date('2026-11-22T14:03:20.000Z'),
      until: new Date('2026-11-22T14:03:21.000Z'),
    });
    expect(asked).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  test('that is yet to come is not waited for', async () => {
    await expect(resolveTimeRange(rangeOf('--since', 'seq:3'), client)).rejects.toMatchObject({
      code: 'usage',
      message: 'there is no event 3: the last one in the journal is 2',
      hint: 'seq:2',
    });
  });
});

test('where only the past can be meant, a duration alone is that long ago', async () => {
  expect(await resolveTimeRange(rangeOf('--since', '2h', '--until', ' 30m '), fakeClient({}))).toEqual({
    since: new Date('2026-11-22T12:05:00.250Z'),
    until: new Date('2026-11-22T13:35:00.250Z'),
  });
  for (const text of ['2', '2 hours', '-2', 'h']) expect(() => rangeOf('--since', text)).toThrow(' is no time');
});

test('a range in which nothing can lie is refused', async () => {
  await expect(
    resolveTimeRange(rangeOf('--since', '1h ago', '--until', '2h ago'), fakeClient({})),
  ).rejects.toMatchObject({
    code: 'usage',
    message: 'nothing lies between 2026-11-22 14:05:00.250 and 2026-11-22 13:05:00.250',
  });
});

/** The moment in ISO 8601, `seq` for an event, or the code of the refusal. */
function answerTo(text: string): string {
  try {
    const time = parseTime(text, { nowMs });
    return time.kind === 'sequence' ? 'seq' : new Date(time.atMs).toISOString();
  } catch (error) {
    if (error instanceof GhostError) return error.code;
    throw error;
  }
}

const statusOfNobody = {
  pid: 1,
  version: '0',
  protocol: 1,
  startedAt: '2026-11-22T14:00:00.000Z',
  uptimeMs: 0,
  tasksRunning: 0,
  tasksTotal: 0,
  journalBytes: 0,
  logBytes: 0,
  memoryBytes: 0,
  home: '/home',
  socket: '/socket',
};

function rangeOf(...argv: readonly string[]) {
  const options: ParsedOptions = parseCommandLine(['log', '42', ...argv]).options;
  return timeRangeOption(options, { nowMs });
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}

import { GhostError } from '../ghost-error.ts';
import type { Moment } from '../protocol/messages.ts';
import { durationMsIn } from './duration.ts';
import { visible } from './visible.ts';

/** A moment as it was typed: known at once, or when the journal has been asked for the time of an event. */
export type TypedTime =
  | { readonly kind: 'moment'; readonly atMs: number }
  | { readonly kind: 'sequence'; readonly seq: number };

const sequence = /^seq:(\d{1,15})$/;
const past = /^(?:(?<before>\S+) +ago|-(?<minus>\S+))$/;
/** `5 minutes ago`, `an hour ago`: the unit of a duration is how its word begins. */
const pastInWords = /^(?<count>\d+|an?) +(?<word>days?|hours?|min(?:ute)?s?|sec(?:ond)?s?) +ago$/i;
const clock = String.raw`(?<hour>\d{1,2}):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))?)?`;
const zone = String.raw`(?<zone>Z|[+-]\d\d(?::?\d\d)?)`;
/** `9am`, `9:30 pm`: a clock of twelve hours, at the end of what is typed. */
const ofTwelve = /(?<=^| )(0?[1-9]|1[0-2])((?::\d\d){0,2}) ?([ap])m$/i;
const onDate = new RegExp(`^(?<year>\\d{4})-(?<month>\\d\\d)-(?<day>\\d\\d)(?:(?:T| +)${clock}${zone}?)?$`, 'i');
const onDay = new RegExp(`^(?:(?<word>today|yesterday)(?: +${clock})?|${clock.replaceAll('?<', '?<only_')})$`, 'i');

/**
 * What a person means by a TIME: `14:30`, `14:30:05`, `2:30pm`, `yesterday 14:30`, `yesterday 9am`, `today`, `2026-11-20`, `2026-11-20 14:30`, ISO
 * 8601 with a zone (and without, then as the clock on the wall), `2h ago`, `2 hours ago`, `an hour ago`, `-2h`, `now`,
 * `seq:1812`. A day without a time is its midnight. A moment that is yet to come is one as well.
 * @throws GhostError `usage` with what would have been right.
 */
export function parseTime(given: string, { nowMs }: { readonly nowMs: number }): TypedTime {
  const text = given.trim().replace(ofTwelve, ofTwentyFour);
  const event = sequence.exec(text);
  if (event !== null) {
    const seq = Number(event[1]);
    if (seq === 0) throw noTime(given, 'the first event is seq:1');
    return { kind: 'sequence', seq };
  }
  const atMs = text.toLowerCase() === 'now' ? nowMs : (relative(text, nowMs) ?? onTheWall(given, { text, nowMs }));
  if (Number.isNaN(new Date(atMs).getTime())) throw noTime(given, 'it lies too far back');
  return { kind: 'moment', atMs };
}

/** The same where only the past can be meant, so that a duration alone is that long ago: `2h`. @throws GhostError `usage`. */
export function parsePastTime(given: string, { nowMs }: { readonly nowMs: number }): TypedTime {
  const text = given.trim();
  return parseTime(durationMsIn(text) === null ? given : `-${text}`, { nowMs });
}

/** In the form that a request takes: of an event just after it, and not after all that happened in the same millisecond. */
export function typedMoment(typed: TypedTime): Moment {
  return typed.kind === 'sequence'
    ? { kind: 'event', seq: typed.seq }
    : { kind: 'time', time: new Date(typed.atMs).toISOString() };
}

/** The clock that the rest reads, of a match of `ofTwelve`: noon is 12pm, midnight 12am. */
function ofTwentyFour(_: string, hour: string, rest: string, half: string): string {
  return `${(Number(hour) % 12) + (/p/i.test(half) ? 12 : 0)}${rest || ':00'}`;
}

function relative(text: string, nowMs: number): number | null {
  const { before, minus } = past.exec(text)?.groups ?? {};
  const durationMs = durationMsIn(durationInWords(text) ?? before ?? minus ?? '');
  return durationMs === null ? null : nowMs - durationMs;
}

/** `5m` of `5 minutes ago`, or null where that is not how it was typed. */
function durationInWords(text: string): string | null {
  const { count, word } = pastInWords.exec(text)?.groups ?? {};
  if (count === undefined || word === undefined) return null;
  return `${/^a/i.test(count) ? 1 : count}${word.charAt(0).toLowerCase()}`;
}

function onTheWall(given: string, { text, nowMs }: { text: string; nowMs: number }): number {
  const dated = onDate.exec(text)?.groups;
  if (dated !== undefined) {
    const date = { year: Number(dated['year']), month: Number(dated['month']), day: Number(dated['day']) };
    return momentOf(given, { ...date, ...timeOfDay(given, dated), zone: dated['zone'] ?? null });
  }
  const named = onDay.exec(text)?.groups;
  if (named === undefined) throw noTime(given, null);
  const { word, only_hour: hour, only_minute: minute, only_second: second, only_fraction: fraction } = named;
  const time = timeOfDay(given, word === undefined ? { hour, minute, second, fraction } : named);
  const day = new Date(nowMs);
  // By the calendar and not by 24 hours, which a day that the clocks are changed on does not have.
  if (word?.toLowerCase() === 'yesterday') day.setDate(day.getDate() - 1);
  const date = { year: day.getFullYear(), month: day.getMonth() + 1, day: day.getDate() };
  return momentOf(given, { ...date, ...time, zone: null });
}

interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
}

function timeOfDay(given: string, groups: Readonly<Record<string, string | undefined>>): TimeOfDay {
  const hour = Number(groups['hour'] ?? 0);
  const minute = Number(groups['minute'] ?? 0);
  const second = Number(groups['second'] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) throw noTime(given, 'the last moment of a day is 23:59:59');
  return { hour, minute, second, ms: Number((groups['fraction'] ?? '').padEnd(3, '0').slice(0, 3)) };
}

interface WallTime extends TimeOfDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Such as `Z`, `+01:00` or `+0100`; null: that of this machine. */
  readonly zone: string | null;
}

function momentOf(given: string, { year, month, day, hour, minute, second, ms, zone }: WallTime): number {
  // Set one by one: the constructors of Date take the years 0 to 99 for those of the last century.
  const asUtc = new Date(0);
  asUtc.setUTCFullYear(year, month - 1, day);
  if (asUtc.getUTCMonth() !== month - 1 || asUtc.getUTCDate() !== day) {
    throw noTime(given, 'there is no such day');
  }
  asUtc.setUTCHours(hour, minute, second, ms);
  if (zone !== null) return asUtc.getTime() - zoneOffsetMs(given, zone);
  const local = new Date(0);
  local.setFullYear(year, month - 1, day);
  local.setHours(hour, minute, second, ms);
  return local.getTime();
}

function zoneOffsetMs(given: string, zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes ?? 0) > 59) throw noTime(given, 'there is no such time zone');
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0)) * 60_000;
}

function noTime(given: string, why: string | null): GhostError {
  return new GhostError('usage', `"${visible(given)}" is no time${why === null ? '' : `: ${why}`}`, {
    hint: '14:30, yesterday 14:30, 2026-11-20 14:30, 2h ago, or seq:1812 for the time of an event',
  });
}

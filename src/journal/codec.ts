import { hash } from 'node:crypto';

import { GhostError } from '../ghost-error.ts';
import { eventVersions } from './event-versions.ts';
import type { Actor, EventDraft, EventType, JournalEvent, Microseconds, SequenceNumber } from './events.ts';

/** A row of `events` as SQLite gives it with `.raw()`. */
export type EventRow = [
  seq: number,
  at: number,
  type: string,
  task: number | null,
  v: number,
  actor: string,
  data: string,
  hash: string,
];

/** Its columns, in that order. */
export const eventColumns = 'seq, at, type, task, v, actor, data, hash';

/** What the first event's hash is chained to. */
export const genesisHash = '0'.repeat(64);

/**
 * The row that an event becomes at its place in the chain.
 * @param actor the draft's as JSON: one actor mostly does several things at once.
 */
export function encodeEvent(
  draft: EventDraft,
  {
    seq,
    at,
    previousHash,
    actor = JSON.stringify(draft.actor),
  }: { seq: SequenceNumber; at: Microseconds; previousHash: string; actor?: string },
): EventRow {
  const data = JSON.stringify(draft.data);
  const v = eventVersions[draft.type];
  const row = { seq, at, type: draft.type, task: draft.task, v, actor, data };
  return [seq, at, draft.type, draft.task, v, actor, data, chainHash(previousHash, row)];
}

/**
 * The event that a row holds, its shape brought up to date.
 * @throws GhostError `journal-newer` where the row is of a type or version that this ghost does not know.
 */
export function decodeEvent(row: EventRow): JournalEvent {
  // By their places: taking a row apart like a list costs as much as reading two of its columns.
  const [seq, type, v] = [row[0], row[2], row[4]];
  if (!isKnownType(type) || v > eventVersions[type]) {
    throw new GhostError(
      'journal-newer',
      `event ${seq} of the journal is a ${type} of version ${v}, which this ghost is too old to know`,
      { hint: 'npm install -g ghost-journal@latest' },
    );
  }
  let shape = JSON.parse(row[6]) as unknown;
  for (let version = v; version < eventVersions[type]; version += 1) shape = upcastOf(type, version)(shape);
  // The codec is where a row becomes an event: what encodeEvent wrote, read back.
  return { seq, at: row[1], type, task: row[3], actor: decodeActor(row[5]), data: shape, hash: row[7] } as JournalEvent;
}

/** What makes the data of an event of that version into that of the next one. */
function upcastOf(type: EventType, version: number): (data: unknown) => unknown {
  const upcast = upcasts[`${type}:${version}`];
  if (upcast === undefined) throw new Error(`nothing brings version ${version} of a ${type} up to date`);
  return upcast;
}

const upcasts: Readonly<Record<string, (data: unknown) => unknown>> = {
  'LogClosed:1': (data) => ({ ...(data as object), besideBytes: null }),
};

/** The last two that were read: the daemon, which records most of what happens, and whoever asks it. */
let lastActors: readonly [ReadActor, ReadActor] = [
  { text: '', actor: null },
  { text: '', actor: null },
];

interface ReadActor {
  readonly text: string;
  readonly actor: Actor | null;
}

function decodeActor(text: string): Actor {
  const [last, other] = lastActors;
  const known = last.text === text ? last.actor : other.text === text ? other.actor : null;
  if (known !== null) return known;
  const actor = JSON.parse(text) as Actor;
  lastActors = [{ text, actor }, last];
  return actor;
}

function isKnownType(type: string): type is EventType {
  return Object.hasOwn(eventVersions, type);
}

/** SHA-256, hex, over the previous event's hash and everything in the row that is a fact. */
export function chainHash(
  previousHash: string,
  row: {
    readonly seq: number;
    readonly at: number;
    readonly type: string;
    readonly task: number | null;
    readonly v: number;
    readonly actor: string;
    readonly data: string;
  },
): string {
  const { seq, at, type, task, v, actor, data } = row;
  return hash('sha256', JSON.stringify([previousHash, seq, at, type, task, v, actor, data]), 'hex');
}

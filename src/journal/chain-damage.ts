import type { ChainBreak, ChainWalk } from './chain-breaks.ts';
import { chainHash, genesisHash } from './codec.ts';
import type { JournalReader, KnownEnd, StoredRow } from './journal-reader.ts';

/** What was done to the events, with the place to look at. */
interface ChainDamage {
  readonly kind: 'event-changed' | 'event-missing' | 'event-added' | 'events-swapped' | 'events-lost';
  readonly seq: number;
  readonly task: number | null;
  readonly message: string;
}

/** Says what the breaks of a chain come to, in the order of their places: which rows were changed, swapped, put in, taken out. */
export function chainDamages(
  walk: ChainWalk,
  { reader, known }: { reader: Pick<JournalReader, 'row'>; known: KnownEnd | null },
): readonly ChainDamage[] {
  const links = walk.breaks.filter((one) => one.kind === 'link');
  const explained = new Set<number>();
  const damages: ChainDamage[] = [];
  for (const one of walk.breaks) {
    if (one.kind !== 'link') damages.push(damageOf(one, reader));
    else if (!explained.has(one.seq)) {
      const isBeyond = one.seq === walk.lastSeq && one.seq - 1 === known?.seq;
      damages.push(isBeyond ? addedDamage(one, reader) : linkDamage(one, { links, explained, reader }));
    }
  }
  return [...damages, ...endDamages(walk, { known, damages, reader })];
}

type Link = Extract<ChainBreak, { kind: 'link' }>;
type Rows = Pick<JournalReader, 'row'>;

function damageOf(one: Exclude<ChainBreak, Link>, reader: Rows): ChainDamage {
  switch (one.kind) {
    case 'gap': {
      const first = one.from === 1 ? 'the journal does not begin with event 1: ' : '';
      const message = `${first}${eventsFromTo(one)} missing`;
      return { kind: 'event-missing', seq: one.from, task: null, message };
    }
    case 'closed-gap': {
      const count = one.count === 1 ? 'an event' : `${one.count} events`;
      const message = `${count} before event ${one.seq} ${one.count === 1 ? 'is' : 'are'} missing, and the later ones were renumbered`;
      return { kind: 'event-missing', seq: one.seq, task: null, message };
    }
    case 'added': {
      const { what, task } = nameOf(reader.row(one.from), one.from);
      const message =
        one.from === one.to ? `${what} was added by hand` : `events ${one.from} to ${one.to} were added by hand`;
      return { kind: 'event-added', seq: one.from, task, message };
    }
    case 'moved': {
      const { what, task } = nameOf(reader.row(one.seq), one.seq);
      const message = `${what} was written as event ${one.writtenAt}: its number was changed`;
      return { kind: 'event-changed', seq: one.seq, task, message };
    }
  }
}

/** A last row that does not follow, right after the end that is known from elsewhere. */
function addedDamage({ seq }: Link, reader: Rows): ChainDamage {
  const { what, task } = nameOf(reader.row(seq), seq);
  return { kind: 'event-added', seq, task, message: `${what} was added by hand` };
}

/** Why a row does not follow from the one before it. What else that explains is noted. */
function linkDamage(
  { seq, shift }: Link,
  { links, explained, reader }: { links: readonly Link[]; explained: Set<number>; reader: Rows },
): ChainDamage {
  const row = reader.row(seq);
  const { what, task } = nameOf(row, seq);
  const before = seq === 1 ? genesisHash : reader.row(seq - 1)?.[7];
  if (row === null || before === undefined || shift !== 0) return changed(`${what} was changed`, { seq, task });
  for (const { seq: other } of links) {
    if (other <= seq || explained.has(other)) continue;
    const candidate = reader.row(other);
    if (candidate === null || hashAt(candidate, { previous: before, seq }) !== candidate[7]) continue;
    const beforeOther = other === seq + 1 ? candidate[7] : reader.row(other - 1)?.[7];
    if (beforeOther === undefined || hashAt(row, { previous: beforeOther, seq: other }) !== row[7]) continue;
    for (const place of [seq, seq + 1, other, other + 1]) explained.add(place);
    const message = `events ${seq} and ${other} were swapped`;
    return { kind: 'events-swapped', seq, task, message };
  }
  const next = reader.row(seq + 1);
  if (next !== null && links.some((link) => link.seq === seq + 1)) {
    // What the next row follows from is what this one's hash ought to be.
    if (hashAt(next, { previous: hashAt(row, { previous: before, seq }), seq: seq + 1 }) === next[7]) {
      explained.add(seq + 1);
      return changed(`the hash of ${what} was changed; what it says was not`, { seq, task });
    }
  }
  const orBefore = seq === 1 ? '' : `, or event ${seq - 1} was together with its hash`;
  return changed(`${what} was changed${orBefore}`, { seq, task });
}

/** What the end that is known from elsewhere tells. */
function endDamages(
  walk: ChainWalk,
  { known, damages, reader }: { known: KnownEnd | null; damages: readonly ChainDamage[]; reader: Rows },
): readonly ChainDamage[] {
  if (known === null) return [];
  if (walk.lastSeq < known.seq) {
    const lost = known.seq - walk.lastSeq;
    const events = lost === 1 ? 'the last event is' : `the last ${lost} events are`;
    const message = `${events} gone: ${known.seq} were recorded, and the journal ends after ${walk.lastSeq}`;
    return [{ kind: 'events-lost', seq: walk.lastSeq + 1, task: null, message }];
  }
  // Whoever writes the end anew with hashes that fit leaves a chain that holds; only what was folded from it does not.
  const row = reader.row(known.seq);
  if (damages.length > 0 || row?.[7] === known.hash || known.seq === 0) return [];
  const { what, task } = nameOf(row, known.seq);
  return [
    changed(`the end of the journal was written anew: ${what} is not the one that was recorded`, {
      seq: known.seq,
      task,
    }),
  ];
}

function changed(message: string, { seq, task }: { seq: number; task: number | null }): ChainDamage {
  return { kind: 'event-changed', seq, task, message };
}

function hashAt([, at, type, task, v, actor, data]: StoredRow, place: { previous: string; seq: number }): string {
  return chainHash(place.previous, { seq: place.seq, at, type, task, v, actor, data });
}

/** `event 12 (TaskExited of task 3)`. What a row says may be anything by now, so that its type is told only where it is a word. */
function nameOf(row: StoredRow | null, seq: number): { readonly what: string; readonly task: number | null } {
  const [, , type = '', task = null] = row ?? [];
  const about = /^\w{1,64}$/.test(type) ? ` (${type}${task === null ? '' : ` of task ${task}`})` : '';
  return { what: `event ${seq}${about}`, task };
}

function eventsFromTo({ from, to }: { from: number; to: number }): string {
  return from === to ? `event ${from} is` : `events ${from} to ${to} are`;
}

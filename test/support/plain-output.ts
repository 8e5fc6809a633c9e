import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { number, type PlainEvent, text } from './plain-journal.ts';

/** What a stream has by the journal and the files alone, as docs/journal.md and zcat would have it. */
interface PlainStream {
  /** What was printed from this byte on: what is before it was pruned. */
  readonly from: number;
  readonly bytes: Buffer;
  /** What does not hold of its segments, a sentence each. */
  readonly complaints: readonly string[];
}

/** Puts a stream of a task together again: its segments, each against its sum, and what is left in the spool. */
export function readPlainStream(
  home: string,
  { task, stream, events }: { task: number; stream: 'stdout' | 'stderr'; events: readonly PlainEvent[] },
): PlainStream {
  const folder = join(home, 'tasks', String(task));
  const own = events.filter((event) => event.task === task && event.data['stream'] === stream);
  const sealed = own.filter(({ type }) => type === 'LogSegmentSealed').map(({ data }) => data);
  const pruned = own.filter(({ type }) => type === 'LogSegmentPruned').map(({ data }) => data);
  const prunedTo = Math.max(0, ...pruned.map((data) => number(data, 'to')));
  const complaints: string[] = [];
  const parts: Buffer[] = [];
  let end = 0;
  for (const [index, data] of sealed.entries()) {
    const [from, to, file] = [number(data, 'from'), number(data, 'to'), text(data, 'file')];
    const what = `segment ${index} of the ${stream} of task ${task}`;
    // A spool's beginning can be pruned before it was ever compressed.
    if (from !== end && !pruned.some((one) => one['file'] === null && number(one, 'to') === from)) {
      complaints.push(`${what} begins at ${from}, not ${end}`);
    }
    if (number(data, 'index') !== index) complaints.push(`${what} says that it is ${number(data, 'index')}`);
    end = to;
    const path = join(folder, file);
    if (to <= prunedTo) {
      if (existsSync(path)) complaints.push(`${what} was pruned and is there`);
      continue;
    }
    if (!existsSync(path)) {
      complaints.push(`${what} is not there`);
      continue;
    }
    const packed = readFileSync(path);
    const sum = createHash('sha256').update(packed).digest('hex');
    if (packed.length !== data['bytes'] || sum !== data['sha256']) complaints.push(`${what} has another sum`);
    const unpacked = gunzipSync(packed);
    if (unpacked.length !== to - from) complaints.push(`${what} has ${unpacked.length} bytes, not ${to - from}`);
    parts.push(unpacked);
  }
  const known = new Set(sealed.map((data) => data['file']));
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (name.startsWith(`${stream}.`) && !known.has(name)) complaints.push(`${folder}/${name} has no event`);
  }
  const spool = join(folder, 'spool', stream);
  const from = Math.max(end, prunedTo);
  if (existsSync(spool)) parts.push(readFileSync(spool).subarray(from));
  return { from: prunedTo, bytes: Buffer.concat(parts), complaints };
}

import { createHash } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';

import { passCrashPoint } from '../crash-point.ts';
import type { SegmentMember } from '../journal/events.ts';
import { withPacker } from './member-packer.ts';
import { forReading, forWriting } from './no-links.ts';

/**
 * A segment: a range of a stream as a gzip file that zcat, zgrep and less open. It is many gzip members of 64 KiB each
 * (RFC 1952 allows that), and the table of where each begins is kept with its event, so that any byte or line is
 * reached by unpacking one member.
 */

/** What each member holds of the stream, but for the last. */
export const memberBytes = 64 * 1024;
const newline = 0x0a;
const decompress = promisify(gunzip);

/** What is known of a segment when its file is on the disk. */
interface SegmentFacts {
  readonly lines: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly members: readonly SegmentMember[];
}

/**
 * Compresses a range of a spool into a file: written beside its place, synced, renamed, and its folders synced, so that a
 * crash at any step leaves either nothing of that name or all of it. Compression runs off the event loop.
 * @param linesBefore the newlines of the stream before the range.
 * @param fast for a flood: a quarter larger and four times as fast.
 */
export async function writeSegment({
  spool,
  from,
  to,
  path,
  linesBefore,
  fast,
}: {
  spool: string;
  from: number;
  to: number;
  path: string;
  linesBefore: number;
  fast: boolean;
}): Promise<SegmentFacts> {
  const level = fast ? constants.Z_BEST_SPEED : constants.Z_DEFAULT_COMPRESSION;
  const temporary = `${path}.tmp`;
  await using source = await open(spool, forReading);
  const members: SegmentMember[] = [];
  const sum = createHash('sha256');
  let bytes = 0;
  let lines = linesBefore;
  // One piece of memory for all members: a new one for each would be free at the next collection only.
  const memory = Buffer.allocUnsafeSlow(memberBytes);
  await withPacker(level, async (pack) => {
    await using target = await open(temporary, forWriting, 0o600);
    for (let offset = from; offset < to; offset += memberBytes) {
      const raw = await readBytes(source, { from: offset, to: Math.min(offset + memberBytes, to), into: memory });
      const packed = await pack(raw);
      members.push([offset, bytes, lines]);
      sum.update(packed);
      await target.appendFile(packed);
      bytes += packed.length;
      lines += countLines(raw);
    }
    passCrashPoint('segment.written');
    await target.sync();
  });
  await rename(temporary, path);
  passCrashPoint('segment.renamed');
  // Its name, and that of the task's folder, which nobody has synced before: a segment that an event tells of is there.
  for (const folder of [dirname(path), dirname(dirname(path))]) {
    await using handle = await open(folder, 'r');
    await handle.sync();
  }
  return { lines: lines - linesBefore, bytes, sha256: sum.digest('hex'), members };
}

/**
 * Unpacks so many members that follow each other, the first of which begins at `from` in the file and the last of which
 * ends before `to`.
 */
export async function readMembers(
  file: FileHandle,
  { from, to, count }: { from: number; to: number; count: number },
): Promise<Buffer> {
  // Room for all of them, so that they are unpacked in one trip to the thread pool: half the time of Node's 16 KiB.
  return decompress(await readBytes(file, { from, to }), { chunkSize: count * memberBytes + 1024 });
}

/**
 * Where to cut a range that begins at `from` and may reach to `to`: after its last newline, or at `to` where it has
 * none.
 */
export async function findCut(spool: string, { from, to }: { from: number; to: number }): Promise<number> {
  await using file = await open(spool, forReading);
  for (let end = to; end > from; end -= memberBytes) {
    const begin = Math.max(from, end - memberBytes);
    const at = (await readBytes(file, { from: begin, to: end })).lastIndexOf(newline);
    if (at >= 0) return begin + at + 1;
  }
  return to;
}

/** A range of a file as it is, in memory that is large enough or in new one. @throws Error where the file ends before. */
export async function readBytes(
  file: FileHandle,
  { from, to, into = Buffer.allocUnsafe(to - from) }: { from: number; to: number; into?: Buffer },
): Promise<Buffer> {
  const data = into.subarray(0, to - from);
  for (let done = 0; done < data.length;) {
    const { bytesRead } = await file.read(data, done, data.length - done, from + done);
    if (bytesRead === 0) throw new Error(`the file ends at byte ${from + done}, before ${to}`);
    done += bytesRead;
  }
  return data;
}

function countLines(data: Buffer): number {
  let lines = 0;
  for (let at = data.indexOf(newline); at >= 0; at = data.indexOf(newline, at + 1)) lines += 1;
  return lines;
}

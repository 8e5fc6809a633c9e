import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { errorCode } from '../error-code.ts';
import { messageOf } from '../error-message.ts';
import type { JournalEvent, TaskId } from '../journal/events.ts';
import type { Damage } from '../protocol/answers.ts';

/** A segment that the journal says is on the disk. */
interface KeptSegment {
  readonly seq: number;
  readonly task: TaskId;
  readonly stream: string;
  readonly from: number;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The segments that the events so far leave on the disk: sealed, and not pruned since. */
export class KeptSegments {
  readonly #ofStream = new Map<string, KeptSegment[]>();

  take(event: JournalEvent): void {
    if (event.type === 'LogSegmentSealed') {
      const { task, seq } = event;
      const { stream, from, file, bytes, sha256 } = event.data;
      const key = `${task}:${stream}`;
      const segment = { seq, task, stream, from, file, bytes, sha256 };
      const kept = this.#ofStream.get(key);
      if (kept === undefined) this.#ofStream.set(key, [segment]);
      else kept.push(segment);
    }
    if (event.type === 'LogSegmentPruned') {
      const key = `${event.task}:${event.data.stream}`;
      const { to } = event.data;
      const kept = (this.#ofStream.get(key) ?? []).filter(({ from }) => from >= to);
      if (kept.length === 0) this.#ofStream.delete(key);
      else this.#ofStream.set(key, kept);
    }
  }

  get all(): readonly KeptSegment[] {
    return [...this.#ofStream.values()].flat();
  }
}

/** What is wrong with a segment's file, or null where it is what the journal says. It is read in pieces, off the event loop. */
export async function segmentDamage(
  segment: KeptSegment,
  { taskFolder, signal }: { taskFolder: (task: TaskId) => string; signal: AbortSignal },
): Promise<Damage | null> {
  const { task, stream, seq, bytes, sha256 } = segment;
  // Only a name: whatever a journal may say, nothing outside the task's folder is read.
  const file = join(taskFolder(task), basename(segment.file));
  const damage = (kind: Damage['kind'], what: string): Damage => {
    return { kind, seq, task, file, message: `the segment ${file} (${stream} of task ${task}) ${what}` };
  };
  let size: number;
  try {
    const folder = await lstat(taskFolder(task));
    const found = await lstat(file);
    const isBehindLink = folder.isSymbolicLink() || found.isSymbolicLink();
    if (isBehindLink) return damage('segment-missing', 'is missing: a link is there');
    if (!found.isFile()) return damage('segment-changed', 'is no file');
    ({ size } = found);
    if (size < bytes) return damage('segment-truncated', `is cut off: ${size} of ${bytes} bytes are there`);
    if (size > bytes) return damage('segment-changed', `has ${size} bytes, and not ${bytes}`);
    if ((await sumOf(file, { signal })) !== sha256) return damage('segment-changed', 'has another content');
    return null;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return damage('segment-missing', 'is missing');
    if (code === 'EACCES' || code === 'EPERM' || code === 'EIO') {
      return damage('segment-missing', `cannot be read: ${messageOf(error)}`);
    }
    throw error;
  }
}

async function sumOf(file: string, { signal }: { signal: AbortSignal }): Promise<string> {
  const sum = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024, signal })) sum.update(chunk as Buffer);
  return sum.digest('hex');
}

import type { StreamName } from '../journal/events.ts';
import type { LogChunk, MissingOutput } from '../protocol/answers.ts';
import type { LogCursor } from '../protocol/messages.ts';
import { streamNames } from '../stream-names.ts';

/**
 * The part of a log that is held: lines in the order in which they began, never more than so many. It grows at either
 * end and gives way at the other, so that a log of any length is gone through in the same memory.
 */
export interface LogWindow {
  readonly lines: readonly HeldLine[];
  /** Nothing comes before the first line. */
  readonly atStart: boolean;
  /** Where to read on after the last line. */
  readonly end: LogCursor;
  /** What the lines take, roughly: their bytes, and so many for each line itself. */
  readonly bytes: number;
}

/** A line, or what is known of output that is gone. */
export interface HeldLine {
  readonly stream: StreamName;
  /** Where it begins. The sum of both grows from line to line and is the line's place in the log. */
  readonly start: LogCursor;
  /** When its beginning was seen, in ISO 8601, or null where nobody was there to note it. */
  readonly at: string | null;
  /** At most `heldBytesMax` of it, without its newline. */
  readonly bytes: Uint8Array;
  /** How many more bytes it has. */
  readonly leftOut: number;
  /** It has no newline yet. */
  readonly open: boolean;
  readonly gone: MissingOutput | null;
}

export const emptyWindow: LogWindow = { lines: [], atStart: false, end: { stdout: 0, stderr: 0 }, bytes: 0 };

/** The most lines that are held, and the most bytes. */
export const windowLinesMax = 4_000;
export const windowBytesMax = 8 * 1024 * 1024;
/** The most of one line that is held: many times what any terminal shows of it at once. */
export const heldBytesMax = 16 * 1024;
/** What a line takes besides its bytes, roughly. */
const lineOverhead = 200;
const newline = 0x0a;

/** The place of a line in the log, by which lines are told apart. */
export function placeOf({ start }: HeldLine): number {
  return placeAt(start);
}

/** The place in the log that a cursor is at: how much of both streams comes before it. */
export function placeAt({ stdout, stderr }: LogCursor): number {
  return stdout + stderr;
}

/** The window with what comes after its end. */
export function withChunk(window: LogWindow, chunk: LogChunk): LogWindow {
  const lines = [...window.lines];
  let bytes = window.bytes;
  const add = (line: HeldLine): void => {
    lines.push(line);
    bytes += weightOf(line);
  };
  const { stream, at, data, missing, cursor } = chunk;
  const from = cursor[stream] - (missing?.bytes ?? data.length);
  const startAt = (offset: number): LogCursor => ({ ...cursor, [stream]: from + offset });
  if (missing !== null) {
    closeOpen(lines, stream);
    add({ stream, start: startAt(0), at, bytes: data, leftOut: 0, open: false, gone: missing });
  }
  for (let next = 0; next < data.length;) {
    const found = data.indexOf(newline, next);
    const to = found === -1 ? data.length : found;
    const part = data.subarray(next, to);
    // Only the chunk's first line can have begun before it.
    const place = next === 0 ? lines.findLastIndex((line) => line.stream === stream && line.open) : -1;
    const begun = lines[place];
    if (begun === undefined) add({ ...heldOf(part), stream, start: startAt(next), at, open: found === -1, gone: null });
    else {
      const longer = extended(begun, part, { open: found === -1 });
      lines[place] = longer;
      bytes += weightOf(longer) - weightOf(begun);
    }
    next = to + 1;
  }
  return { ...window, ...withoutFirst(lines, { bytes, atStart: window.atStart }), end: cursor };
}

/** The window with an earlier part of the log before it; its end gives way. */
export function withEarlier(window: LogWindow, earlier: LogWindow): LogWindow {
  const before = [...earlier.lines];
  const after = [...window.lines];
  for (const stream of streamNames) {
    const place = before.findLastIndex((line) => line.stream === stream && line.open);
    const begun = before[place];
    if (begun === undefined) continue;
    // The line goes on in what is held already, unless its end was never read.
    const rest = after.findIndex((line) => line.stream === stream && line.gone === null);
    const more = after[rest];
    const goesOn =
      more !== undefined && more.start[stream] === begun.start[stream] + begun.bytes.length + begun.leftOut;
    before[place] = goesOn ? joined(begun, more) : { ...begun, open: false };
    if (goesOn) after.splice(rest, 1);
  }
  const lines = [...before, ...after];
  let bytes = lines.reduce((sum, line) => sum + weightOf(line), 0);
  let { end } = window;
  while (lines.length > windowLinesMax || (bytes > windowBytesMax && lines.length > 1)) {
    const last = lines.pop();
    if (last === undefined) break;
    bytes -= weightOf(last);
    end = last.start;
  }
  return { lines, atStart: earlier.atStart, end, bytes };
}

/** A chunk up to the end of so many lines, and the cursor after that. */
export function firstLines(chunk: LogChunk, count: number): LogChunk {
  const { stream, data, cursor } = chunk;
  let end = 0;
  for (let left = count; left > 0; left -= 1) {
    const found = data.indexOf(newline, end);
    if (found === -1) return chunk;
    end = found + 1;
  }
  const left = data.length - end;
  return { ...chunk, data: data.subarray(0, end), cursor: { ...cursor, [stream]: cursor[stream] - left } };
}

/** How many newlines a chunk holds. */
export function newlinesIn({ data }: LogChunk): number {
  let count = 0;
  for (let at = data.indexOf(newline); at !== -1; at = data.indexOf(newline, at + 1)) count += 1;
  return count;
}

function withoutFirst(
  lines: HeldLine[],
  { bytes, atStart }: { readonly bytes: number; readonly atStart: boolean },
): Pick<LogWindow, 'lines' | 'bytes' | 'atStart'> {
  let first = 0;
  let left = bytes;
  while (lines.length - first > windowLinesMax || (left > windowBytesMax && lines.length - first > 1)) {
    const line = lines[first];
    if (line === undefined) break;
    left -= weightOf(line);
    first += 1;
  }
  return { lines: first === 0 ? lines : lines.slice(first), bytes: left, atStart: atStart && first === 0 };
}

function closeOpen(lines: HeldLine[], stream: StreamName): void {
  const place = lines.findLastIndex((line) => line.stream === stream && line.open);
  const line = lines[place];
  if (line !== undefined) lines[place] = { ...line, open: false };
}

function heldOf(part: Uint8Array): Pick<HeldLine, 'bytes' | 'leftOut'> {
  const bytes = part.length <= heldBytesMax ? part : Uint8Array.from(part.subarray(0, heldBytesMax));
  return { bytes, leftOut: part.length - bytes.length };
}

function extended(line: HeldLine, part: Uint8Array, { open }: { readonly open: boolean }): HeldLine {
  if (part.length === 0) return { ...line, open };
  const room = line.leftOut > 0 ? 0 : heldBytesMax - line.bytes.length;
  const taken = part.subarray(0, room);
  const bytes = taken.length === 0 ? line.bytes : Buffer.concat([line.bytes, taken]);
  return { ...line, bytes, leftOut: line.leftOut + part.length - taken.length, open };
}

function joined(line: HeldLine, rest: HeldLine): HeldLine {
  const longer = extended(line, rest.bytes, { open: rest.open });
  return { ...longer, leftOut: longer.leftOut + rest.leftOut };
}

function weightOf({ bytes }: HeldLine): number {
  return bytes.length + lineOverhead;
}

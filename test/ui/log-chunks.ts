import type { StreamName } from '../../src/journal/events.ts';
import type { LogChunk } from '../../src/protocol/answers.ts';
import type { LogCursor } from '../../src/protocol/messages.ts';
import { emptyWindow, type LogWindow, withChunk } from '../../src/ui/log-window.ts';

type SaidPiece = readonly [stream: StreamName, text: string];

/** What a task said, as the chunks in which it is read. */
export function saidBy(said: readonly SaidPiece[], from: LogCursor = { stdout: 0, stderr: 0 }): readonly LogChunk[] {
  let cursor = from;
  return said.map(([stream, text]) => {
    cursor = { ...cursor, [stream]: cursor[stream] + Buffer.byteLength(text) };
    return chunkOf(stream, text, cursor);
  });
}

export function chunkOf(stream: StreamName, text: string, cursor: LogCursor): LogChunk {
  return { stream, at: '2026-11-24T08:00:00.000Z', data: Buffer.from(text), missing: null, cursor };
}

/** The window of a log that holds all that a task said. */
export function windowOf(said: readonly SaidPiece[]): LogWindow {
  return saidBy(said).reduce(withChunk, emptyWindow);
}

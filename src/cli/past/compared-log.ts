import type { Client } from '../../client/api.ts';
import type { StreamName } from '../../journal/events.ts';
import { streamNames } from '../../stream-names.ts';
import { LineCarry } from '../../words/line-carry.ts';
import { textOfBytes } from '../line-printer.ts';

/** The most lines of a log that are compared, and the most bytes: the last ones. */
export const comparedLinesMax = 20_000;
export const comparedBytesMax = 32 * 1024 * 1024;

/** The lines of a log by stream: how the two mix is chance. */
interface ComparedLog {
  readonly lines: Readonly<Record<StreamName, readonly string[]>>;
  /** Whether there is, or was, more of it than is here. */
  readonly isCut: boolean;
}

interface KeptLine {
  readonly stream: StreamName;
  readonly text: string;
  /** As the task wrote it, without the newline: the text is counted in other units. */
  readonly bytes: number;
}

/** The last lines of a task's log. */
export async function comparedLog(client: Client, id: number): Promise<ComparedLog> {
  let lines: KeptLine[] = [];
  const carries = { stdout: new LineCarry(), stderr: new LineCarry() };
  let first = 0;
  let bytes = 0;
  let isCut = false;
  const keep = (stream: StreamName, texts: readonly Uint8Array[]): void => {
    for (const text of texts) {
      lines.push({ stream, text: textOfBytes(text), bytes: text.length });
      bytes += text.length;
    }
    for (; bytes > comparedBytesMax && first < lines.length; first += 1) {
      bytes -= lines[first]?.bytes ?? 0;
      isCut = true;
    }
    // Not one by one, which would move all that stay each time; but they do not lie in memory until the end either.
    if (first > lines.length / 2) {
      lines = lines.slice(first);
      first = 0;
    }
  };
  // One more than is compared tells whether there are more.
  for await (const { stream, data, missing } of client.log(String(id), { lines: comparedLinesMax + 1 })) {
    if (missing !== null) isCut = true;
    keep(stream, missing === null ? carries[stream].push(data) : carries[stream].end());
  }
  for (const stream of streamNames) keep(stream, carries[stream].end());
  const from = Math.max(first, lines.length - comparedLinesMax);
  const kept = lines.slice(from);
  const of = (wanted: StreamName): readonly string[] =>
    kept.filter(({ stream }) => stream === wanted).map(({ text }) => text);
  return { lines: { stdout: of('stdout'), stderr: of('stderr') }, isCut: isCut || from > 0 };
}

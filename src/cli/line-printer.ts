import type { LogChunk } from '../protocol/answers.ts';
import { quietJson } from '../quiet-json.ts';
import type { CommandContext } from './command.ts';
import { missingNote } from './log-note.ts';
import type { LogLine } from './log-search.ts';
import type { Output } from './output.ts';

/** Where the lines of a log go, and in which form. */
export interface LinePrinter {
  lines(lines: readonly LogLine[]): Promise<void>;
  /** Between two groups of lines that do not follow each other. */
  gap(): Promise<void>;
  /** Says what is gone, where a chunk is about missing output. */
  missing(chunk: LogChunk): Promise<void>;
}

type Outputs = Pick<CommandContext, 'stdout' | 'stderr'>;

interface TextForm {
  readonly outputOf: (line: LogLine) => Output;
  /** What stands before a line. */
  readonly head: (line: LogLine) => string;
  /** The line itself, without its newline. */
  readonly body: (line: LogLine) => string | Uint8Array;
  /** The task that is named where its output is gone, or null where there is no other. */
  readonly task: string | null;
}

/** Lines as text, each with a head, and with a `--` between groups. */
export function textPrinter({ stdout, stderr }: Outputs, { outputOf, head, body, task }: TextForm): LinePrinter {
  return {
    async lines(lines) {
      let pieces: (string | Uint8Array)[] = [];
      for (const [place, line] of lines.entries()) {
        pieces.push(head(line), body(line), '\n');
        const output = outputOf(line);
        const next = lines[place + 1];
        if (next !== undefined && outputOf(next) === output) continue;
        await output.write(
          Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))),
        );
        pieces = [];
      }
    },
    gap: () => stdout.write('--\n'),
    missing: ({ stream, missing }) =>
      missing === null ? Promise.resolve() : stderr.write(missingNote(missing, { stream, task })),
  };
}

/**
 * One `{ at, stream, text }` a line, all of it on stdout. `at` is when the line's last byte was seen; what is not UTF-8
 * becomes U+FFFD. Where output is gone, `text` is null and `missing` tells what is known. Where several tasks were asked
 * for, each object begins with its `task`.
 */
export function jsonPrinter({ stdout }: Outputs, { task }: { readonly task: number | null }): LinePrinter {
  const objectOf = (fields: object): string => `${quietJson(task === null ? fields : { task, ...fields })}\n`;
  return {
    lines: (lines) =>
      stdout.write(lines.map(({ at, stream, bytes }) => objectOf({ at, stream, text: textOfBytes(bytes) })).join('')),
    gap: () => Promise.resolve(),
    missing: ({ at, stream, missing }) =>
      missing === null ? Promise.resolve() : stdout.write(objectOf({ at, stream, text: null, missing })),
  };
}

/** Bytes as text; what is not UTF-8 becomes U+FFFD. */
export function textOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

import type { StreamName } from '../journal/events.ts';
import type { LogChunk } from '../protocol/messages.ts';
import type { CommandContext } from './command.ts';
import { LineCarry } from './line-carry.ts';

/** Where the log of one task goes. */
export interface LogWriter {
  write(chunk: LogChunk): Promise<void>;
  /** The log is at its end: an unfinished last line is given out. */
  end(): Promise<void>;
}

type Outputs = Pick<CommandContext, 'stdout' | 'stderr'>;

/** Byte for byte, stdout to stdout and stderr to stderr. */
export function rawLog(outputs: Outputs): LogWriter {
  return { write: ({ stream, data }) => outputs[stream].write(data), end: () => Promise.resolve() };
}

/** Line by line with a prefix, so that the lines of several tasks neither mix nor are mistaken for each other. */
export function prefixedLog(outputs: Outputs, prefix: Readonly<Record<StreamName, string>>): LogWriter {
  return byLine(({ stream, lines }) => {
    const pieces = lines.flatMap((line) => [Buffer.from(prefix[stream]), line, Buffer.from('\n')]);
    return outputs[stream].write(Buffer.concat(pieces));
  });
}

/**
 * One `{ at, stream, text }` a line, all of it on stdout. `at` is when the line's last byte was seen; what is not UTF-8
 * becomes U+FFFD. Where several tasks were asked for, each object begins with its `task`.
 */
export function jsonLog({ stdout }: Outputs, { task }: { readonly task: number | null }): LogWriter {
  return byLine(({ at, stream, lines }) => {
    const objects = lines.map((line) => {
      const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString();
      return `${JSON.stringify(task === null ? { at, stream, text } : { task, at, stream, text })}\n`;
    });
    return stdout.write(objects.join(''));
  });
}

interface LinesOfStream {
  readonly at: string | null;
  readonly stream: StreamName;
  readonly lines: readonly Uint8Array[];
}

function byLine(write: (lines: LinesOfStream) => Promise<void>): LogWriter {
  const carried = { stdout: new LineCarry(), stderr: new LineCarry() };
  const seen: Record<StreamName, string | null> = { stdout: null, stderr: null };
  return {
    async write({ at, stream, data }) {
      seen[stream] = at;
      const lines = carried[stream].push(data);
      if (lines.length > 0) await write({ at, stream, lines });
    },
    async end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const lines = carried[stream].end();
        if (lines.length > 0) await write({ at: seen[stream], stream, lines });
      }
    },
  };
}

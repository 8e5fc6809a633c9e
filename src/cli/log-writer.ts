import type { StreamName } from '../journal/events.ts';
import type { LogChunk } from '../protocol/answers.ts';
import { BlockCarry, linesOf } from '../words/line-carry.ts';
import type { CommandContext } from './command.ts';
import type { LinePrinter } from './line-printer.ts';
import { missingNote } from './log-note.ts';
import type { FoundLine, LastHits, LineBlock, LogLine, LogSearch } from './log-search.ts';

/** Where the log of one task goes. */
export interface LogWriter {
  write(chunk: LogChunk): Promise<void>;
  /** The log is at its end: an unfinished last line is given out. */
  end(): Promise<void>;
}

/** Byte for byte, stdout to stdout and stderr to stderr. */
export function rawLog(outputs: Pick<CommandContext, 'stdout' | 'stderr'>): LogWriter {
  return {
    write: ({ stream, data, missing }) =>
      missing === null
        ? outputs[stream].write(data)
        : outputs.stderr.write(missingNote(missing, { stream, task: null })),
    end: () => Promise.resolve(),
  };
}

/** Line by line, so that each can bear a time or a number, and the lines of several tasks do not mix. */
export function lineLog(printer: LinePrinter): LogWriter {
  return byBlock(printer, ({ bytes, ...block }) =>
    printer.lines(linesOf(bytes).map((line) => ({ ...block, bytes: line }))),
  );
}

/** Only the lines that match, and those around them. */
export class SearchedLog implements LogWriter {
  readonly #printer: LinePrinter;
  readonly #blocks: LogWriter;
  #last: LastHits | null;
  #found = false;

  /** `last` keeps the hits back until `showLast` or the end, and only the last ones of them; null: all, as they come. */
  constructor(printer: LinePrinter, { search, last }: { readonly search: LogSearch; readonly last: LastHits | null }) {
    this.#printer = printer;
    this.#last = last;
    this.#blocks = byBlock(printer, (block) => this.#take(search.push(block)));
  }

  /** Whether a line has matched. */
  get hasFound(): boolean {
    return this.#found;
  }

  write(chunk: LogChunk): Promise<void> {
    return this.#blocks.write(chunk);
  }

  /** Prints the hits that were kept back. Those to come are printed as they come. */
  async showLast(): Promise<void> {
    const found = this.#last?.take() ?? [];
    this.#last = null;
    await this.#print(found);
  }

  async end(): Promise<void> {
    await this.#blocks.end();
    await this.showLast();
  }

  async #take(found: readonly FoundLine[]): Promise<void> {
    this.#found ||= found.length > 0;
    if (this.#last === null) await this.#print(found);
    else this.#last.push(found);
  }

  async #print(found: readonly FoundLine[]): Promise<void> {
    let lines: LogLine[] = [];
    for (const one of found) {
      if (one.kind === 'hit' && one.afterGap) {
        await this.#printer.lines(lines);
        await this.#printer.gap();
        lines = [];
      }
      lines.push(...(one.kind === 'hit' ? one.before : []), one.line);
    }
    if (lines.length > 0) await this.#printer.lines(lines);
  }
}

/** The blocks of whole lines that the chunks of both streams make. */
function byBlock(printer: LinePrinter, take: (block: LineBlock) => Promise<void>): LogWriter {
  const carried = { stdout: new BlockCarry(), stderr: new BlockCarry() };
  const seen: Record<StreamName, string | null> = { stdout: null, stderr: null };
  const flush = async (stream: StreamName): Promise<void> => {
    const bytes = carried[stream].end();
    if (bytes.length > 0) await take({ at: seen[stream], stream, bytes });
  };
  return {
    async write(chunk) {
      const { at, stream, data, missing } = chunk;
      if (missing !== null) {
        // What comes after the gap does not go on with the line that began before it.
        await flush(stream);
        return await printer.missing(chunk);
      }
      seen[stream] = at;
      for (const bytes of carried[stream].push(data)) await take({ at, stream, bytes });
    },
    async end() {
      await flush('stdout');
      await flush('stderr');
    },
  };
}

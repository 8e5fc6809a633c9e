import { TextDecoder } from 'node:util';

import type { DaemonGap } from '../../client/daemon-gaps.ts';
import type { JournalEvent, StreamName } from '../../journal/events.ts';
import { requestOf } from '../../projections/signal-deliveries.ts';
import type { LogChunk, TaskDetail } from '../../protocol/answers.ts';
import { quietJson } from '../../quiet-json.ts';
import { quoteCommand } from '../../shell-quote.ts';
import { answerWords, eventSentence } from '../../words/event-sentence.ts';

/**
 * An asciicast v3 recording (docs.asciinema.org/manual/asciicast/v3): a header, then one `[interval, code, data]` a
 * line, each interval in seconds from the event before.
 *
 * - `o`: what both streams wrote, in the order in which it was seen. The task had no terminal; one would have shown the
 *   end of a line as CR and LF (ONLCR, termios(3)), and a player that gets LF alone draws stairs. So LF becomes CR LF.
 * - `m`: a signal that was sent, a crash of the daemon, and an end that has no exit status: could not be started, lost.
 *   Of a task of which there is nothing to tell yet one says so: a player refuses a recording without any event.
 * - `x`: the exit status, last of all, where it is known.
 */
export interface CastSize {
  readonly cols: number;
  readonly rows: number;
}

/** Something that is marked in the recording, or ends it. */
interface Mark {
  /** `afterAll`: after everything else, without a pause. */
  readonly atMs: number;
  readonly code: 'm' | 'x';
  readonly data: string;
}

const afterAll = Number.POSITIVE_INFINITY;

/** Makes the lines of a recording out of a log, each with its newline. */
export class CastWriter {
  readonly #detail: TaskDetail;
  readonly #size: CastSize;
  /** What is still to be marked, the earliest first. */
  readonly #marks: Mark[];
  readonly #decoders = { stdout: newDecoder(), stderr: newDecoder() };
  /** The recording's time so far; it never goes back, even where the clock did. */
  #atMs: number;
  #isEmpty = true;

  constructor(
    detail: TaskDetail,
    { size, gaps, exitStatus }: { size: CastSize; gaps: readonly DaemonGap[]; exitStatus: number | null },
  ) {
    this.#detail = detail;
    this.#size = size;
    this.#marks = marksOf(detail.events, { gaps, exitStatus });
    this.#atMs = beganMs(detail);
  }

  header(): string {
    const { task } = this.#detail;
    const command = quoteCommand(task.command);
    return jsonLine({
      version: 3,
      term: this.#size,
      timestamp: Math.floor(this.#atMs / 1000),
      command,
      title: task.name ?? command,
      ...(task.tags.length > 0 ? { tags: task.tags } : {}),
    });
  }

  /** The next piece of the log, and before it what was to be marked by then. A piece without a time comes at once. */
  piece({ stream, at, data, missing }: LogChunk): string {
    const atMs = at === null ? this.#atMs : Math.max(this.#atMs, Date.parse(at));
    let lines = '';
    for (let [mark] = this.#marks; mark?.code === 'm' && mark.atMs <= atMs; [mark] = this.#marks) {
      this.#marks.shift();
      lines += this.#line(mark);
    }
    // What comes after bytes that are gone does not go on with the character that began before.
    if (missing !== null) return lines + this.#flush(stream);
    return lines + this.#output(atMs, this.#decoders[stream].decode(data, { stream: true }));
  }

  /** What is left when the log is at its end: half characters, marks, and the exit. */
  end(): string {
    let lines = this.#flush('stdout') + this.#flush('stderr');
    for (const { atMs, code, data } of this.#marks.splice(0)) {
      lines += this.#line({ atMs: atMs === afterAll ? this.#atMs : atMs, code, data });
    }
    return this.#isEmpty ? this.#line({ atMs: this.#atMs, code: 'm', data: 'nothing was written yet' }) : lines;
  }

  #flush(stream: StreamName): string {
    const rest = this.#decoders[stream].decode();
    return this.#output(this.#atMs, rest);
  }

  #output(atMs: number, text: string): string {
    return text === '' ? '' : this.#line({ atMs, code: 'o', data: text.replaceAll('\n', '\r\n') });
  }

  #line({ atMs, code, data }: { readonly atMs: number; readonly code: string; readonly data: string }): string {
    // Whole milliseconds: their sum is exact, so that no rounding adds up over a long recording.
    const ms = Math.max(0, Math.floor(atMs) - Math.floor(this.#atMs));
    this.#isEmpty = false;
    this.#atMs = Math.max(this.#atMs, atMs);
    return jsonLine([ms / 1000, code, data]);
  }
}

function marksOf(
  events: readonly JournalEvent[],
  { gaps, exitStatus }: { readonly gaps: readonly DaemonGap[]; readonly exitStatus: number | null },
): Mark[] {
  const signals = events.flatMap((event): readonly Mark[] => {
    if (event.type !== 'SignalSent') return [];
    const { signal, answer } = event.data;
    const request = requestOf(event, events);
    // When it was asked for: by the time that the answer is recorded the task can be gone.
    return [{ atMs: (request ?? event).at / 1000, code: 'm', data: `${signal} ${answerWords[answer]}` }];
  });
  const first = events[0]?.seq ?? 0;
  const crashes = gaps
    .filter(({ how, toSeq }) => how === 'crashed' && toSeq > first)
    .map(({ fromMs }): Mark => ({ atMs: fromMs, code: 'm', data: 'the daemon crashed, at some time after this' }));
  const marks = [...signals, ...crashes].toSorted((one, other) => one.atMs - other.atMs);
  const exited = events.find((event) => event.type === 'TaskExited');
  if (exitStatus === null) {
    // When a task was lost nobody knows, only when that was found out, which may be days later.
    const end = events.find(({ type }) => type === 'TaskStartFailed' || type === 'TaskLost');
    return end === undefined ? marks : [...marks, { atMs: afterAll, code: 'm', data: eventSentence(end) }];
  }
  return [
    ...marks,
    { atMs: (exited?.data.endedAt ?? events.at(-1)?.at ?? 0) / 1000, code: 'x', data: String(exitStatus) },
  ];
}

/** A byte order mark is a character of the output like any other. */
function newDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}

function beganMs({ task, submittedAt }: TaskDetail): number {
  return Date.parse(task.startedAt ?? submittedAt);
}

function jsonLine(value: unknown): string {
  return `${quietJson(value)}\n`;
}

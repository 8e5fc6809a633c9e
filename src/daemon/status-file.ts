import { constants } from 'node:os';

import type { Outcome, ProcessorTime } from '../journal/events.ts';
import { nameOfSignal } from '../protocol/signals.ts';

/** What a shim has noted so far (shim.ts says when it writes which line). */
export interface ShimStatus {
  readonly pumps: { readonly stdout: number; readonly stderr: number } | null;
  readonly start: { readonly pid: number; readonly startTime: string } | null;
  readonly aborted: string | null;
  /** As the shell tells it: 128+n for signal n. */
  readonly exitStatus: number | null;
  readonly processorTime: ProcessorTime | null;
}

/** Reads the lines that are complete; the last one may still be on its way. */
export function parseStatus(text: string): ShimStatus {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  const find = (pattern: RegExp): RegExpExecArray | null =>
    lines.map((line) => pattern.exec(line)).find((match) => match !== null) ?? null;
  const pumps = find(/^pumps (\d+) (\d+)$/);
  const start = find(/^start (\d+) (\d+)$/);
  const aborted = find(/^abort (.*)$/);
  const exit = find(/^exit (\d+)$/);
  return {
    pumps: pumps === null ? null : { stdout: Number(pumps[1]), stderr: Number(pumps[2]) },
    start: start?.[2] === undefined ? null : { pid: Number(start[1]), startTime: start[2] },
    aborted: aborted === null ? null : (aborted[1] ?? ''),
    exitStatus: exit === null ? null : Number(exit[1]),
    processorTime: processorTimeOf(lines),
  };
}

/** Why a shim ended before there was a task: its own word, or what its shell said, mostly that it could not fork. */
export function reasonOfAbort({ aborted }: ShimStatus, messages: string): string {
  if (aborted !== null) return aborted;
  const said = /^ghost-shim: (?:\d+: )?(.+)$/m.exec(messages)?.[1];
  return `the shim ended before it started the task${said === undefined ? '' : ` (${said})`}`;
}

/** The second line of `times` is about the shell's children. Some locales write a comma. */
function processorTimeOf(lines: readonly string[]): ProcessorTime | null {
  const match = lines
    .map((line) => /^(\d+)m(\d+[.,]\d+)s (\d+)m(\d+[.,]\d+)s$/.exec(line))
    .filter((found) => found !== null)[1];
  if (match === undefined) return null;
  const milliseconds = (minutes: string | undefined, seconds: string | undefined): number =>
    Math.round(Number(minutes) * 60_000 + Number.parseFloat((seconds ?? '').replace(',', '.')) * 1000);
  return { userMs: milliseconds(match[1], match[2]), systemMs: milliseconds(match[3], match[4]) };
}

type Ended = Extract<Outcome, { kind: 'exited' | 'signaled' }>;

/** The kernel's word for a wait status: wait(2). */
export function outcomeOfWaitStatus(status: number): Ended {
  const signal = status & 0x7f;
  return signal === 0
    ? { kind: 'exited', code: (status >> 8) & 0xff }
    : { kind: 'signaled', signal: nameOfSignal(signal) };
}

/**
 * The outcome behind the shell's 128+n, where the kernel cannot be asked any more. A shell says something of every
 * signal that ends its child but SIGINT and SIGPIPE (measured with dash, bash and busybox); so where it said nothing,
 * a program that exits with 128+n by itself is told apart.
 */
export function outcomeOfShell(exitStatus: number, { messages }: { messages: string }): Ended {
  const signal = exitStatus - 128;
  const quiet = signal === constants.signals.SIGINT || signal === constants.signals.SIGPIPE;
  const bySignal = signal > 0 && signal <= 64 && (quiet || messages.trim() !== '');
  return bySignal ? { kind: 'signaled', signal: nameOfSignal(signal) } : { kind: 'exited', code: exitStatus };
}

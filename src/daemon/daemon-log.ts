import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

import type { Clock } from '../clock.ts';
import { errorCode } from '../error-code.ts';
import { isoTime } from '../microseconds.ts';
import { quietJson } from '../quiet-json.ts';
import { visible } from '../visible.ts';

/** The daemon's own log: one JSON object a line. Never environment values, never what tasks print. */
export interface DaemonLog extends Disposable {
  info(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  /** A warning that is written the first time only: for what every task would repeat. */
  warnOnce(message: string, facts?: LogFacts): void;
  error(message: string, facts?: LogFacts): void;
}

type LogFacts = Readonly<Record<string, string | number | boolean | null>>;

/** A file of the log is moved aside at this size ... */
export const daemonLogBytesMax = 1024 * 1024;
/** ... and so many are kept beside it: daemon.log.1 is the newest. */
export const daemonLogsKept = 3;

/**
 * Opens the log for appending. Lines are written at once and not buffered, so that the last one before a crash is
 * there; a line that cannot be written (a full disk) is dropped, since the log is never the truth.
 */
export function openDaemonLog(path: string, { clock, echo }: { clock: Clock; echo: boolean }): DaemonLog {
  let descriptor = openSync(path, 'a', 0o600);
  let bytes = fstatSync(descriptor).size;
  const warned = new Set<string>();
  const rotate = (): void => {
    for (let index = daemonLogsKept - 1; index >= 1; index -= 1) {
      renameIfThere(`${path}.${index}`, `${path}.${index + 1}`);
    }
    renameIfThere(path, `${path}.1`);
    bytes = 0;
    // Where that fails, the old one is written to until it is full once more: a closed one may be anybody's by then.
    const next = openSync(path, 'a', 0o600);
    closeSync(descriptor);
    descriptor = next;
  };
  const write = (level: string, message: string, facts: LogFacts = {}): void => {
    const line = `${quietJson({ at: isoTime(clock()), level, pid: process.pid, message, ...facts })}\n`;
    if (echo) process.stderr.write(`ghostd: ${level}: ${visible(message)}${factsText(facts)}\n`);
    try {
      if (bytes + Buffer.byteLength(line) > daemonLogBytesMax) rotate();
      bytes += writeSync(descriptor, line);
    } catch (error) {
      if (errorCode(error) === null) throw error;
    }
  };
  return {
    info: (message, facts) => {
      write('info', message, facts);
    },
    warn: (message, facts) => {
      write('warn', message, facts);
    },
    warnOnce: (message, facts) => {
      if (warned.has(message)) return;
      warned.add(message);
      write('warn', message, facts);
    },
    error: (message, facts) => {
      write('error', message, facts);
    },
    [Symbol.dispose]: () => {
      closeSync(descriptor);
    },
  };
}

function factsText(facts: LogFacts): string {
  const words = Object.entries(facts).map(([name, value]) => `${name}=${quietJson(value)}`);
  return words.length === 0 ? '' : ` (${words.join(' ')})`;
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

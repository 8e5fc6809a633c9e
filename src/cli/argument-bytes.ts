import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

/**
 * The place in argv of the first word that is not valid UTF-8, or null where there is none. A U+FFFD that was really
 * typed is told apart by its bytes; where these cannot be had, the word passes.
 */
export function findInvalidWord(
  argv: readonly string[],
  rawArguments: () => readonly Uint8Array[] | null,
): number | null {
  if (!argv.some((word) => word.includes('\ufffd'))) return null;
  // What precedes them are Node, its flags and the script: only the end is the same in both.
  const raw = rawArguments()?.slice(-argv.length);
  const place = raw?.findIndex((bytes) => !isUtf8(bytes)) ?? -1;
  return place === -1 ? null : place;
}

/** The process's whole command line in bytes (proc(5), /proc/PID/cmdline), or null where there is no such file. */
export function readRawArguments(): readonly Uint8Array[] | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync('/proc/self/cmdline');
  } catch {
    return null;
  }
  const words: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    words.push(bytes.subarray(start, end === -1 ? bytes.length : end));
    start = end === -1 ? bytes.length : end + 1;
  }
  return words;
}

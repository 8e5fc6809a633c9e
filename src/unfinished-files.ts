import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * What lies beside a place under the names that a daemon writes under before it moves something there: `PATH.PID`, or
 * `PATH.PID.N` for one of several. Where that daemon was killed in between, it is left.
 */
export function unfinishedBeside(path: string): readonly string[] {
  const [folder, prefix] = [dirname(path), `${basename(path)}.`];
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && /^\d+(?:\.\d+)?$/.test(name.slice(prefix.length)))
    .map((name) => join(folder, name));
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every path below a folder, relative to it, of files and of folders. Meanwhile some of them may go, which Node's own
 * recursive reading takes for an error.
 */
export function pathsBelow(folder: string): readonly string[] {
  return entriesOf(folder).flatMap((entry) => [
    entry.name,
    ...(entry.isDirectory() ? pathsBelow(join(folder, entry.name)).map((path) => join(entry.name, path)) : []),
  ]);
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

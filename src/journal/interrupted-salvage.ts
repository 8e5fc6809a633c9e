import { copyFileSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** In the folder that a damaged journal is put into, while it is restored. */
export const copiesName = 'copy.tmp';

/**
 * Puts right what somebody left who was killed while restoring this very file: the copies that were worked on go, and the
 * write-ahead log, which goes just before the file is replaced, comes back.
 */
export function undoInterrupted(path: string): void {
  const prefix = `${basename(path)}.damaged-`;
  for (const name of readdirSync(dirname(path)).filter((name) => name.startsWith(prefix))) {
    const folder = join(dirname(path), name);
    rmSync(join(folder, copiesName), { recursive: true, force: true });
    const [file, log] = [join(folder, basename(path)), join(folder, `${basename(path)}-wal`)];
    if (!existsSync(file) || statSync(file).ino !== statSync(path).ino) continue;
    if (existsSync(log) && !existsSync(`${path}-wal`)) copyFileSync(log, `${path}-wal`);
  }
}

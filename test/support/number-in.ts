import { existsSync, readFileSync } from 'node:fs';

/** The number that a task has written into a file, such as a pid; null where it has not done so yet. */
export function numberIn(path: string): number | null {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text.endsWith('\n') ? Number(text) : null;
}

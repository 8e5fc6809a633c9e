import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** What a process holds open, by kind, and how many inotify watches it has: proc(5), inotify(7). */
export function heldBy(pid: number): Readonly<Record<string, number>> {
  const held: Record<string, number> = { watches: 0 };
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const kind = readlinkSync(`/proc/${pid}/fd/${descriptor}`).replace(/:\[\d+\]$|\/tasks\/\d+\//, '');
      held[kind] = (held[kind] ?? 0) + 1;
      const watches = readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1').match(/^inotify wd/gm)?.length ?? 0;
      held['watches'] = (held['watches'] ?? 0) + watches;
    } catch {
      // Closed in between.
    }
  }
  return Object.fromEntries(Object.entries(held).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { GhostHome } from './ghost-home.ts';

/** A home whose spools are cut at a size that a test reaches quickly. */
export function configure(home: GhostHome, logs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const path = join(home.work, 'config.json');
  writeFileSync(path, JSON.stringify({ logs }));
  return { GHOST_CONFIG: path };
}

interface Sealed {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The part of a LogSegmentSealed that the tests look at. */
function sealed(data: Record<string, unknown>): Sealed {
  const text = (name: string): string => String(data[name]);
  return {
    stream: text('stream'),
    from: Number(data['from']),
    to: Number(data['to']),
    file: text('file'),
    bytes: Number(data['bytes']),
    sha256: text('sha256'),
  };
}

/** The segments of a stream, in order, as the journal has them. */
export function sealedOf(home: GhostHome, task: number, stream = 'stdout'): readonly Sealed[] {
  return home
    .events({ type: 'LogSegmentSealed', task })
    .map(({ data }) => sealed(data))
    .filter((segment) => segment.stream === stream);
}

/** What is wrong with a task's segments: gaps between them, files that are missing, other, or without an event. */
export function segmentFaults(home: GhostHome, task: number, stream = 'stdout'): readonly string[] {
  const faults: string[] = [];
  const segments = sealedOf(home, task, stream);
  let next = 0;
  for (const { from, to, file, bytes, sha256 } of segments) {
    if (from !== next) faults.push(`${file} begins at ${from}, not at ${next}`);
    next = to;
    const path = join(taskFolder(home, task), file);
    if (!existsSync(path)) faults.push(`${file} is missing`);
    else if (statSync(path).size !== bytes) faults.push(`${file} has another size`);
    else if (sha256 !== createHash('sha256').update(readFileSync(path)).digest('hex')) faults.push(`${file} is other`);
  }
  const known = new Set(segments.map(({ file }) => file));
  const files = readdirSync(taskFolder(home, task)).filter((name) => name.startsWith(`${stream}.`));
  return [...faults, ...files.filter((name) => !known.has(name)).map((name) => `${name} has no event`)];
}

/** All segments of a stream, unpacked by zcat and not by ghost. */
export function unpacked(home: GhostHome, task: number, stream = 'stdout'): Buffer {
  const files = sealedOf(home, task, stream).map(({ file }) => join(taskFolder(home, task), file));
  return files.length === 0 ? Buffer.alloc(0) : execFileSync('zcat', files, { maxBuffer: 1 << 30 });
}

export function taskFolder(home: GhostHome, task: number): string {
  return join(home.path, 'tasks', String(task));
}

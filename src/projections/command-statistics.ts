import { hash } from 'node:crypto';

import type { TaskId } from '../journal/events.ts';

/** One run of a command line, as the history's rows tell of it. */
export interface Run {
  readonly id: TaskId;
  /** The command line as JSON. */
  readonly command: string;
  readonly failed: boolean;
  readonly durationMs: number | null;
}

/** How the runs of one command line went. */
export interface CommandSummary {
  readonly runs: number;
  readonly failures: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  readonly lastId: TaskId;
}

interface Group {
  runs: number;
  failures: number;
  lastId: TaskId;
  durations: number[];
}

/**
 * Counts runs by command line. The lines themselves are not kept, so that a million different ones cost little memory:
 * the newest run of each tells what it was.
 */
export class CommandStatistics {
  readonly #groups = new Map<string, Group>();

  add({ id, command, failed, durationMs }: Run): void {
    // 96 bits: two of a million lines are the same once in 10^17.
    const key = hash('sha256', command, 'base64url').slice(0, 16);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { runs: 0, failures: 0, lastId: id, durations: [] };
      this.#groups.set(key, group);
    }
    group.runs += 1;
    if (failed) group.failures += 1;
    if (id > group.lastId) group.lastId = id;
    if (durationMs !== null) group.durations.push(durationMs);
  }

  /** How many different command lines there are. */
  get size(): number {
    return this.#groups.size;
  }

  /** Those that ran most often, the most often first; among equals, the one that ran last. */
  most(count: number): readonly CommandSummary[] {
    // Never all of them sorted: there may be a million.
    const best: Group[] = [];
    for (const group of this.#groups.values()) {
      const worst = best[count - 1];
      if (worst !== undefined && byRuns(worst, group) <= 0) continue;
      let [low, high] = [0, best.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        const other = best[middle];
        if (other !== undefined && byRuns(other, group) <= 0) low = middle + 1;
        else high = middle;
      }
      best.splice(low, 0, group);
      best.length = Math.min(best.length, count);
    }
    return best.map(({ runs, failures, lastId, durations }) => {
      const sorted = Float64Array.from(durations).toSorted();
      return { runs, failures, lastId, medianMs: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95) };
    });
  }
}

function byRuns(one: Group, other: Group): number {
  return other.runs - one.runs || other.lastId - one.lastId;
}

/** The smallest value that is not exceeded by so great a part of all (nearest rank), or null where there is none. */
export function quantile(sorted: Float64Array, part: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? null;
}

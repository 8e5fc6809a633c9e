import { hash } from 'node:crypto';

import type { TaskId } from '../journal/events.ts';

/** One run of a command line, as the history's rows tell of it. */
export interface CommandRun {
  readonly id: TaskId;
  /** The command line as JSON. */
  readonly command: string;
  readonly failed: boolean;
  readonly durationMs: number | null;
}

/** How the runs of one command line went. */
interface CommandSummary {
  readonly runs: number;
  readonly failures: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  readonly lastId: TaskId;
}

/**
 * So many lines are known as they are, each of so many characters at the most: what runs again and again is not hashed
 * each time, which would take as long as all the rest.
 */
export const knownLinesMax = 4_096;
export const knownCharactersMax = 1_024;

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
  readonly #known = new Map<string, Group>();

  add({ id, command, failed, durationMs }: CommandRun): void {
    const group = this.#known.get(command) ?? this.#groupOf(command, id);
    group.runs += 1;
    if (failed) group.failures += 1;
    if (id > group.lastId) group.lastId = id;
    if (durationMs !== null) group.durations.push(durationMs);
  }

  #groupOf(command: string, id: TaskId): Group {
    // 96 bits: two of a million lines are the same once in 10^17.
    const key = hash('sha256', command, 'base64url').slice(0, 16);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { runs: 0, failures: 0, lastId: id, durations: [] };
      this.#groups.set(key, group);
    } else if (this.#known.size < knownLinesMax && command.length <= knownCharactersMax) {
      // The second time: of what runs once there may be a million.
      this.#known.set(command, group);
    }
    return group;
  }

  /** How many different command lines there are. */
  get size(): number {
    return this.#groups.size;
  }

  /** Those that ran most often, the most often first; among equals, the one that ran last. */
  *most(count: number): Generator<CommandSummary, void, void> {
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
    for (const { runs, failures, lastId, durations } of best) {
      const values = Float64Array.from(durations);
      yield { runs, failures, lastId, medianMs: quantile(values, 0.5), p95Ms: quantile(values, 0.95) };
    }
  }
}

function byRuns(one: Group, other: Group): number {
  return other.runs - one.runs || other.lastId - one.lastId;
}

/**
 * The smallest value that is not exceeded by so great a part of all (nearest rank), or null where there is none. Puts
 * them into another order, and not into their own: to sort a million would hold everybody else up.
 */
export function quantile(values: Float64Array, part: number): number | null {
  const rank = Math.max(0, Math.ceil(values.length * part) - 1);
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >>> 1] ?? 0;
    let [left, right] = [low, high];
    while (left <= right) {
      while ((values[left] ?? pivot) < pivot) left += 1;
      while ((values[right] ?? pivot) > pivot) right -= 1;
      if (left > right) break;
      const value = values[left] ?? 0;
      values[left] = values[right] ?? 0;
      values[right] = value;
      left += 1;
      right -= 1;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else break;
  }
  return values[rank] ?? null;
}

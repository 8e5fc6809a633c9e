import { readFileSync } from 'node:fs';

/**
 * So many descriptors are kept for what has to work at any time: to start a task takes eight for a moment, to look at a
 * process, to note an order or to answer a client one each. What is only better to have is left out before: the descriptor
 * of a task, and clients past that.
 */
const descriptorsKept = 24;

/** How many of them are for clients, who are let in a little longer than tasks get a descriptor each. */
const keptOfClients = 8;

/** What this process may have open, as the kernel says: proc_pid_limits(5). Node raises the soft limit to the hard one. */
export class OpenFiles {
  readonly #limit: number;

  constructor({ limit = readLimit() }: { readonly limit?: number } = {}) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Whether a descriptor is one of the last: the kernel gives the lowest number that is free. */
  isScarce(descriptor: number): boolean {
    return descriptor >= this.#limit - descriptorsKept;
  }

  /** The same for a client's connection. */
  isTooMany(descriptor: number): boolean {
    return descriptor >= this.#limit - descriptorsKept + keptOfClients;
  }
}

let own: OpenFiles | null = null;

/** The same for whoever is far from where the daemon is put together. */
export function isScarce(descriptor: number): boolean {
  own ??= new OpenFiles();
  return own.isScarce(descriptor);
}

function readLimit(): number {
  if (process.platform !== 'linux') return Number.POSITIVE_INFINITY;
  const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}

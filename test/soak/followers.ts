import type { ChildProcess } from 'node:child_process';

import type { GhostCommand } from './ghost-command.ts';

/** How long a follower stays, in milliseconds. */
const stay = { least: 3_000, most: 40_000 };

interface Follower {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly leave: NodeJS.Timeout;
}

/** `ghost log -f` of long tasks, so many at a time: each goes after a while, as Ctrl-C or a lost terminal ends it. */
export class Followers {
  readonly #ghost: GhostCommand;
  readonly #tasks: readonly number[];
  readonly #count: number;
  readonly #now = new Set<Follower>();
  #coming = false;
  #came = 0;
  readonly #complaints: string[] = [];

  constructor(ghost: GhostCommand, { tasks, count }: { tasks: readonly number[]; count: number }) {
    this.#ghost = ghost;
    this.#tasks = tasks;
    this.#count = count;
  }

  /** How many there were so far. */
  get came(): number {
    return this.#came;
  }

  get complaints(): readonly string[] {
    return this.#complaints;
  }

  come(): void {
    this.#coming = true;
    while (this.#now.size < this.#count) this.#follow();
  }

  /** Sends all of them away, and none comes after them. */
  async leave(): Promise<void> {
    this.#coming = false;
    for (const { child } of this.#now) child.kill('SIGINT');
    await Promise.all([...this.#now].map(({ ended }) => ended));
  }

  #follow(): void {
    const number = this.#came;
    this.#came += 1;
    const task = this.#tasks[number % this.#tasks.length];
    const child = this.#ghost.spawn(['log', '-f', '-n', '5', String(task)]);
    const faults = new NumberedLines();
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      faults.read(text);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const follower: Follower = {
      child,
      ended: promise,
      leave: setTimeout(
        () => child.kill(number % 3 === 0 ? 'SIGKILL' : 'SIGINT'),
        stay.least + Math.random() * (stay.most - stay.least),
      ),
    };
    child.once('close', () => {
      clearTimeout(follower.leave);
      this.#now.delete(follower);
      this.#complaints.push(...faults.found.map((fault) => `a follower of task ${task}: ${fault}`));
      resolve();
      if (this.#coming) this.#follow();
    });
    this.#now.add(follower);
  }
}

/** Reads `line N of …` and tells where one is missing or comes twice. */
class NumberedLines {
  readonly found: string[] = [];
  #last: number | null = null;
  #rest = '';

  read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const number = Number(/^line (\d+) of \d+$/.exec(line)?.[1]);
      if (this.#last !== null && number !== this.#last + 1) this.found.push(`"${line}" came after line ${this.#last}`);
      this.#last = number;
    }
  }
}

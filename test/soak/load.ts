import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { GhostCommand } from './ghost-command.ts';

/** What the short tasks do after they have noted themselves, and how each ends, as docs/journal.md has it. */
const kinds: readonly { readonly script: (key: string) => string; readonly outcome: unknown }[] = [
  { script: () => ':', outcome: { kind: 'exited', code: 0 } },
  {
    script: (key) => `for n in 1 2 3 4 5; do echo "${key} says $n"; echo "${key} warns $n" >&2; done`,
    outcome: { kind: 'exited', code: 0 },
  },
  { script: (key) => `echo "${key} fails"; exit 3`, outcome: { kind: 'exited', code: 3 } },
  { script: () => 'kill -TERM $$', outcome: { kind: 'signaled', signal: 'SIGTERM' } },
  // Enough to be compressed, of what does not compress well.
  { script: () => 'head -c 75000 /dev/urandom | base64', outcome: { kind: 'exited', code: 0 } },
];

/** How often a long task writes a line, in seconds. */
const lineEvery = 0.2;

/** Starts tasks that note in a file, outside ghost, that they ran. */
export class Load {
  readonly #ghost: GhostCommand;
  readonly #folder: string;
  /** The number that ghost gave each short task, and which it is. */
  readonly #short = new Map<number, number>();
  readonly #long: number[] = [];

  constructor(ghost: GhostCommand, folder: string) {
    this.#ghost = ghost;
    this.#folder = folder;
  }

  get shortTasks(): ReadonlyMap<number, number> {
    return this.#short;
  }

  get longTasks(): readonly number[] {
    return this.#long;
  }

  /** Starts so many short tasks, each of another kind than the one before. */
  async startShort(count: number): Promise<void> {
    const first = this.#short.size;
    const lines = Array.from({ length: count }, (_, index) => {
      const key = `task-${first + index}`;
      return `echo ${key} >>"${this.#ledger}"; ${kindOf(first + index).script(key)}`;
    });
    const batch = join(this.#folder, 'batch');
    writeFileSync(batch, lines.map((line) => `${line}\n`).join(''));
    const ids = (await this.#ghost.ok(['run', '-c', '--batch', batch])).trimEnd().split('\n').map(Number);
    if (ids.length !== count) throw new Error(`${count} tasks were to be started, and ${ids.length} were`);
    ids.forEach((id, index) => this.#short.set(id, first + index));
  }

  /** Starts tasks that write numbered lines until `end` is called. */
  async startLong(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const script = `n=0; until [ -e "${this.#gate}" ]; do n=$((n+1)); echo "line $n of ${index}"; sleep ${lineEvery}; done`;
      this.#long.push(Number(await this.#ghost.ok(['run', '-n', `long-${index}`, '-c', script])));
    }
  }

  /** Waits until no short task runs, as they tell themselves. */
  async settle(): Promise<void> {
    while (this.#noted().length < this.#short.size) await delay(100);
    // The last ones have noted that they began, and end at once; what ended is compressed then.
    await delay(2_000);
  }

  /** Lets the long tasks end. */
  end(): void {
    writeFileSync(this.#gate, '');
  }

  /** What does not hold by the tasks' own account. */
  complaints(): readonly string[] {
    const noted = this.#noted();
    const once = new Set(noted);
    return [
      ...(noted.length === once.size ? [] : [`${noted.length - once.size} tasks ran more than once`]),
      ...(once.size === this.#short.size ? [] : [`of ${this.#short.size} tasks ${once.size} noted that they ran`]),
    ];
  }

  /** How a short task must have ended. */
  outcomeOf(id: number): unknown {
    return kindOf(this.#short.get(id) ?? 0).outcome;
  }

  #noted(): readonly string[] {
    return readFileSync(this.#ledger, { encoding: 'utf8', flag: 'a+' }).split('\n').slice(0, -1);
  }

  get #ledger(): string {
    return join(this.#folder, 'ledger');
  }

  get #gate(): string {
    return join(this.#folder, 'gate');
  }
}

function kindOf(index: number): (typeof kinds)[number] {
  const kind = kinds[index % kinds.length];
  if (kind === undefined) throw new Error('there is a kind for each index');
  return kind;
}

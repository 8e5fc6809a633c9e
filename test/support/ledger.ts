import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TaskView } from '../../src/projections/task-view.ts';
import { root } from './source-files.ts';

type Ending = Pick<TaskView, 'state' | 'exitCode' | 'signal'>;

const exited: Ending = { state: 'exited', exitCode: 0, signal: null };
const failed = (exitCode: number): Ending => ({ state: 'failed', exitCode, signal: null });
const killed = (signal: string): Ending => ({ state: 'killed', exitCode: null, signal });

/** The kinds of test/fixtures/ledger-task.sh, and how each may end. */
const endings = {
  quick: [exited],
  chatty: [exited],
  failing: [failed(3)],
  terminated: [killed('SIGTERM')],
  crashing: [killed('SIGSEGV')],
  slow: [failed(5)],
  binary: [exited],
  flood: [exited],
  forking: [failed(6)],
  leaving: [failed(4)],
  parting: [exited],
  gated: [failed(5)],
  long: [failed(7)],
  quiet: [failed(8)],
  roused: [failed(8)],
  stubborn: [killed('SIGKILL')],
  // Where its SIGTERM was lost with a daemon, SIGKILL followed.
  patient: [failed(9), killed('SIGKILL')],
} satisfies Record<string, readonly Ending[]>;
export type LedgerKind = keyof typeof endings;

/** The kinds that end by themselves and soon. */
export const shortKinds = [
  'quick',
  'chatty',
  'failing',
  'terminated',
  'crashing',
  'slow',
  'binary',
  'forking',
  'leaving',
] as const satisfies LedgerKind[];

/** A task that keeps its own account of what it did, and what it says there. */
export interface LedgerTask {
  readonly key: string;
  readonly kind: LedgerKind;
  readonly command: readonly string[];
}

/** What tasks themselves wrote down, outside ghost: how often each ran, what it printed, which signals it got. */
export class Ledger {
  readonly #folder: string;
  readonly #tasks = new Map<string, LedgerTask>();
  readonly #again = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A new task of a kind, to be run once. */
  task(kind: LedgerKind): LedgerTask {
    const key = `${kind}-${this.#tasks.size + 1}`;
    const script = join(root, 'test', 'fixtures', 'ledger-task.sh');
    const task = { key, kind, command: ['sh', script, this.#folder, key, kind] };
    this.#tasks.set(key, task);
    return task;
  }

  get tasks(): readonly LedgerTask[] {
    return [...this.#tasks.values()];
  }

  /** The task that a command line of ghost's is, or undefined where it is none of the ledger's. */
  find(command: readonly string[]): LedgerTask | undefined {
    return this.#tasks.get(command[3] ?? '');
  }

  /** Says that a task is to be run once more, as another task of the same command. */
  expectAgain({ key }: LedgerTask): void {
    this.#again.set(key, (this.#again.get(key) ?? 0) + 1);
  }

  /** As how many tasks it was to be run. */
  wantedRuns({ key }: LedgerTask): number {
    return 1 + (this.#again.get(key) ?? 0);
  }

  /** How it said that it was about to end, each time: its code or the name of the signal. */
  ends({ key }: LedgerTask): readonly string[] {
    return this.#lines('ends').flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
  }

  /** How often it began. */
  runs({ key }: LedgerTask): number {
    return this.#lines('ledger').filter((line) => line === key).length;
  }

  /** What it printed to a stream by its own account. */
  printed({ key }: LedgerTask, stream: 'stdout' | 'stderr'): Buffer {
    const path = join(this.#folder, `${key}.${stream}`);
    return existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  }

  /** The signals that it noted. */
  signals({ key }: LedgerTask): readonly string[] {
    return this.#lines(`${key}.signals`);
  }

  /** Lets a gated task end. */
  open({ key }: LedgerTask): void {
    writeFileSync(join(this.#folder, `${key}.gate`), '');
  }

  /** Whether a task's end is one that its kind may have. */
  mayEndAs({ kind }: LedgerTask, { state, exitCode, signal }: TaskView): boolean {
    const possible: readonly Ending[] = endings[kind];
    return possible.some((one) => one.state === state && one.exitCode === exitCode && one.signal === signal);
  }

  #lines(name: string): readonly string[] {
    const path = join(this.#folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  }
}

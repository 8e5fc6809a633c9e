import type { JournalEvent } from '../../src/journal/events.ts';
import { mustBeThePrinted, mustEndAs, type Doing } from './chaos-deeds.ts';
import type { UnderWay } from './ghost-home.ts';
import { connectTo, runLedgerTask } from './ledger-client.ts';
import type { LedgerTask } from './ledger.ts';
import type { PlainEvent } from './plain-journal.ts';
import { until } from './until.ts';

/** The code of the tasks that are watched (`long` in test/fixtures/ledger-task.sh). */
const endsWith = 7;
/** Tasks that live as long as the chaos does, each with all kinds of witnesses. */
const tasksWatched = 2;

/**
 * Those who stay connected from the first kill to the last: they follow the output of tasks that live as long, wait for
 * their ends, and watch the events, each from the command line and through the library.
 */
export class Witnesses implements AsyncDisposable {
  readonly #doing: Doing;
  readonly #tasks: LedgerTask[] = [];
  readonly #testimonies: Promise<string | null>[] = [];
  readonly #audits: UnderWay[] = [];
  readonly #watched: JournalEvent[] = [];
  readonly #leaving: (() => Promise<void>)[] = [];
  #watchFailed: string | null = null;

  private constructor(doing: Doing) {
    this.#doing = doing;
  }

  static async call(doing: Doing): Promise<Witnesses> {
    const witnesses = new Witnesses(doing);
    await witnesses.#watchEvents();
    for (let count = 0; count < tasksWatched; count += 1) await witnesses.#watchTask();
    witnesses.#runAndFollow();
    return witnesses;
  }

  /** How many there are. */
  get count(): number {
    return this.#testimonies.length + this.#audits.length + 1;
  }

  /** Lets the tasks that are watched end. */
  openGates(): void {
    for (const task of this.#tasks) this.#doing.ledger.open(task);
  }

  /** What the witnesses of tasks have to complain of, once those have ended. */
  async testimonies(): Promise<readonly string[]> {
    let heard = 0;
    for (const testimony of this.#testimonies) void testimony.finally(() => (heard += 1));
    const all = (): boolean => heard === this.#testimonies.length;
    await until('every witness has said what it saw', all).catch(() => undefined);
    if (!all()) return [`of ${this.#testimonies.length} witnesses ${heard} have said what they saw`];
    return (await Promise.all(this.#testimonies)).filter((complaint) => complaint !== null);
  }

  /** What those who watched the events saw more or less of than the journal has. */
  async complaintsAbout(events: readonly PlainEvent[]): Promise<readonly string[]> {
    const last = events.length;
    const enough = (): boolean =>
      this.#watched.length >= last && this.#audits.every((audit) => linesOf(audit).length >= last);
    await until('the watchers have seen all', () => this.#watchFailed !== null || enough()).catch(() => undefined);
    const wanted = events.map(({ seq, hash }) => `${seq} ${hash}`);
    const watched = this.#watched.slice(0, last).map(({ seq, hash }) => `${seq} ${hash}`);
    const audited = this.#audits.map((audit) =>
      linesOf(audit).flatMap((line) => {
        const { seq, hash } = JSON.parse(line) as { readonly seq: number; readonly hash: string };
        return seq > last ? [] : [`${seq} ${hash}`];
      }),
    );
    return [
      ...(this.#watchFailed === null ? [] : [`watching failed: ${this.#watchFailed}`]),
      ...differences('a watcher', watched, wanted),
      ...audited.flatMap((lines) => differences('ghost audit -f', lines, wanted)),
      ...this.#audits.flatMap(({ child, stderr }) =>
        child.exitCode === null && child.signalCode === null ? [] : [`ghost audit -f ended: ${stderr()}`],
      ),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.openGates();
    for (const { child } of this.#audits) child.kill('SIGKILL');
    await Promise.all(this.#audits.map(({ ended }) => ended));
    for (const leave of this.#leaving) await leave();
  }

  async #watchEvents(): Promise<void> {
    const { home } = this.#doing;
    this.#audits.push(home.begin(['audit', '--follow', '--json', '--after', '0']));
    const client = await connectTo(home);
    const watching = (async () => {
      for await (const event of client.watch({ after: 0 })) this.#watched.push(event);
    })();
    let isLeaving = false;
    watching.catch((error: unknown) => {
      if (!isLeaving) this.#watchFailed = String(error);
    });
    this.#leaving.push(async () => {
      isLeaving = true;
      await client.close();
      await watching.catch(() => undefined);
    });
  }

  async #watchTask(): Promise<void> {
    const { home, client, ledger } = this.#doing;
    const task = ledger.task('long');
    this.#tasks.push(task);
    const id = String(await runLedgerTask(client, home, task));
    this.#testify(`ghost log -f ${id}`, async () => {
      const stdout: Buffer[] = [];
      const follower = home.begin(['log', '--follow', id], { onStdout: (chunk) => stdout.push(chunk) });
      const { status, stderr } = await follower.ended;
      if (status !== 0) throw new Error(`it ended with ${status}`);
      mustBeThePrinted(ledger, { task, stream: 'stdout' }, stdout);
      mustBeThePrinted(ledger, { task, stream: 'stderr' }, [Buffer.from(withoutOwnLines(stderr))]);
    });
    this.#testify(`following task ${id}`, async () => {
      const own = await connectTo(home);
      this.#leaving.push(async () => await own.close());
      const given: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] };
      for await (const { stream, data } of own.log(id, { follow: true })) given[stream].push(data);
      for (const stream of ['stdout', 'stderr'] as const) mustBeThePrinted(ledger, { task, stream }, given[stream]);
    });
    this.#testify(`ghost wait ${id}`, async () => {
      const { status, stdout, stderr } = await home.ghost(['wait', id]);
      if (status !== endsWith) throw new Error(`it ended with ${status}: ${stderr}`);
      if (stdout.trim().split('\n').length !== 1) throw new Error(`it said ${stdout}`);
    });
    this.#testify(`waiting for task ${id}`, async () => {
      const own = await connectTo(home);
      this.#leaving.push(async () => await own.close());
      const ended = await own.wait([id]);
      if (ended.length !== 1) throw new Error(`${ended.length} tasks were told`);
      for (const one of ended) mustEndAs(ledger, task, one);
    });
  }

  #runAndFollow(): void {
    const { home, ledger } = this.#doing;
    const task = ledger.task('long');
    this.#tasks.push(task);
    this.#testify('ghost run -f', async () => {
      const stdout: Buffer[] = [];
      const run = home.begin(['run', '--follow', '--', ...task.command], { onStdout: (chunk) => stdout.push(chunk) });
      const { status, stderr } = await run.ended;
      if (status !== endsWith) throw new Error(`it ended with ${status}: ${stderr}`);
      mustBeThePrinted(ledger, { task, stream: 'stdout' }, stdout);
      mustBeThePrinted(ledger, { task, stream: 'stderr' }, [Buffer.from(withoutOwnLines(stderr))]);
    });
  }

  #testify(what: string, witness: () => Promise<void>): void {
    const complaint = (error: unknown): string => `${what}: ${error instanceof Error ? error.message : String(error)}`;
    this.#testimonies.push(witness().then(() => null, complaint));
  }
}

/** What a command says itself (that a daemon is still starting, say) stands on the same stream as what its task says. */
function withoutOwnLines(stderr: string): string {
  return stderr.replaceAll(/^ghost: .*\n/gm, '');
}

function linesOf(audit: UnderWay): readonly string[] {
  return audit.stdout().split('\n').slice(0, -1);
}

function differences(who: string, seen: readonly string[], wanted: readonly string[]): readonly string[] {
  const at = wanted.findIndex((one, index) => seen[index] !== one);
  if (at < 0 && seen.length === wanted.length) return [];
  return [
    `${who} saw ${seen.length} events of ${wanted.length}; at place ${at + 1}: ${seen[at]} and not ${wanted[at]}`,
  ];
}

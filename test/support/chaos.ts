import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type CrashPoint, crashPoints } from '../../src/crash-point.ts';
import { Exclusive } from '../../src/daemon/exclusive.ts';
import { type DeedName, type Doing, ageReadModels, deeds, deedsTowards, everydayDeeds } from './chaos-deeds.ts';
import { complaintsOfTheEnd } from './chaos-end.ts';
import { Witnesses } from './chaos-witnesses.ts';
import { CrashPlan, type PlannedCrash } from './crash-plan.ts';
import { daemonsOf } from './daemons.ts';
import { GhostHome } from './ghost-home.ts';
import { allComplete } from './ledger-check.ts';
import { connectTo } from './ledger-client.ts';
import { Ledger } from './ledger.ts';
import { makeOldJournal } from './old-journal.ts';
import { type PlainEvent, readPlainJournal } from './plain-journal.ts';
import { SeededRandom } from './seeded-random.ts';
import { until } from './until.ts';

export interface ChaosReport {
  readonly seed: number;
  readonly kills: number;
  /** Of those, the ones at a named step, by its name. */
  readonly steps: Readonly<Record<string, number>>;
  /** Kills that met a daemon before it served anybody. */
  readonly killsWhileStarting: number;
  readonly witnesses: number;
  readonly daemons: number;
  readonly tasks: number;
  readonly adoptions: number;
  readonly foundEnds: number;
  readonly abortedSpawns: number;
  readonly segments: number;
  readonly signals: number;
  readonly events: number;
  readonly outputBytes: number;
  readonly seconds: number;
  /** What did not hold, a sentence each. */
  readonly complaints: readonly string[];
}

/** How long a daemon may live before it is killed, in milliseconds. */
const lifeMsMax = 150;
/** The share of kills at no named step after which the next daemon is killed while it starts. */
const startKillsShare = 0.3;
const startMsMax = 120;
/** Deeds that may be under way when the daemon is killed: a request that has met too many deaths gives up. */
const underWayMax = 6;
/**
 * Those that need one daemon that lives for as long as they take, and so many that did not: a client gives up after eight
 * in a row, which a loaded machine's kills may be before one has answered.
 */
const briefDeeds: readonly DeedName[] = ['rename', 'tag', 'redact', 'prune', 'forget', 'refuse'];
const killsOutlivedMax = 4;
/** Deeds that are begun in the time between two kills. */
const deedsPerKillMax = 2;
/** How long to bring a daemon to a step. */
const provokeMsMax = 40_000;
/** The share of kills at random moments, while there are steps at which nobody was killed, and afterwards. */
const randomKillsShare = { first: 0.4, later: 0.8 };
/** So many events, and the next few make a snapshot due (`snapshotEventsMin`). */
const oldEvents = 4_085;

/** The steps that only an older journal passes, in this order, and then the snapshot that it is near to. */
const openingSteps = ['journal.backed-up', 'journal.migrated', 'journal.folded', 'journal.snapshot'] as const;
/**
 * All that a daemon passes by what people do. Not those of `ghost doctor --fix`, which is no daemon, of a pump that
 * somebody killed, which the daemon notices only after a while, and those where the opening of an old journal tells how
 * far it is: test/e2e/doctor-restore.test.ts, crash-pumps.test.ts, old-journal.test.ts.
 */
export const chaosSteps: readonly CrashPoint[] = crashPoints.filter(
  (point) => !/^(restore|pump)\.|^journal\.(backup|migration)$/.test(point),
);
/** Those that can be reached again and again. */
const stepsOfAnyJournal = chaosSteps.filter(
  (point) => point === 'journal.folded' || !openingSteps.some((opening) => opening === point),
);

/** Whether whoever dies there has not been ready yet: a command starts a daemon only so many times in a row. */
function isOfStart(point: CrashPoint): boolean {
  return /^daemon\.(locked|opened|adopted|bound|card-written|listening)|^journal\.(opened|folded)|^task\.adopted/.test(
    point,
  );
}

interface PlannedStep {
  readonly point: CrashPoint;
  /** What has to happen before it can. */
  readonly before: PlannedCrash | null;
  readonly crash: PlannedCrash;
}

/**
 * Does all that people do with ghost while the daemon is killed at every named step, and at random moments, until there
 * were so many kills; then lets all of it end and tells what does not hold.
 * @param seed makes the choices, though not the machine's timing, the same again.
 * @param seconds when to stop though there were not so many kills, if every step had one.
 * @param steps which of the named steps; left out: every one.
 */
export async function causeChaos({
  kills,
  seed,
  seconds = Number.POSITIVE_INFINITY,
  steps = /./,
}: {
  kills: number;
  seed: number;
  seconds?: number;
  steps?: RegExp;
}): Promise<ChaosReport> {
  const begun = performance.now();
  using plan = new CrashPlan();
  const config = join(plan.folder, 'config.json.died');
  writeFileSync(config, JSON.stringify({ logs: { segmentSize: '64KiB', keepFree: '0' } }));
  await using home = new GhostHome({ env: { GHOST_CRASH: plan.folder, GHOST_CONFIG: config } });
  const chaos = new Chaos(home, { plan, seed });
  await makeOldJournal(home, { events: oldEvents });
  await chaos.open();
  await using client = await connectTo(home);
  const doing: Doing = {
    home,
    client,
    ledger: new Ledger(home.work),
    random: chaos.random,
    exclusive: new Exclusive(),
    expected: {
      names: new Map(),
      tags: new Map(),
      pruned: new Set(),
      forgotten: new Set(),
      secrets: [],
      refused: new Map(),
      parted: new Set(),
    },
  };
  await using witnesses = await Witnesses.call(doing);
  await chaos.rage(doing, { kills, until: begun + seconds * 1000, steps });
  witnesses.openGates();
  await chaos.settle();
  const testimonies = await witnesses.testimonies();
  for (const id of doing.expected.parted) await client.stop(String(id), { graceMs: 500 }).catch(chaos.complain('stop'));
  await allComplete(home, client).catch(chaos.complain('the end'));
  const { events } = readPlainJournal(home.path);
  const complaints = [
    ...chaos.complaints,
    ...testimonies,
    ...(await witnesses.complaintsAbout(events)),
    ...(await complaintsOfTheEnd(doing, { leave: async () => await witnesses[Symbol.asyncDispose]() })),
  ];
  return {
    seed,
    kills: chaos.kills,
    steps: chaos.steps,
    killsWhileStarting: chaos.killsWhileStarting,
    witnesses: witnesses.count,
    ...sumsOf(events),
    seconds: Math.round((performance.now() - begun) / 1000),
    complaints,
  };
}

class Chaos {
  readonly random: SeededRandom;
  readonly complaints: string[] = [];
  killsWhileStarting = 0;
  readonly #home: GhostHome;
  readonly #plan: CrashPlan;
  readonly #killed = new Set<number>();
  readonly #steps = new Map<CrashPoint, number>();
  /** With the number of kills that there had been when it was begun. */
  readonly #underWay = new Map<Promise<void>, { readonly deed: DeedName; readonly after: number }>();

  constructor(home: GhostHome, { plan, seed }: { plan: CrashPlan; seed: number }) {
    this.#home = home;
    this.#plan = plan;
    this.random = new SeededRandom(seed);
  }

  get kills(): number {
    return this.#killed.size + [...this.#steps.values()].reduce((sum, count) => sum + count, 0);
  }

  get steps(): Readonly<Record<string, number>> {
    return Object.fromEntries(chaosSteps.map((point) => [point, this.#steps.get(point) ?? 0]));
  }

  /** Opens the old journal, with a death at each step of it. */
  async open(): Promise<void> {
    const planned = openingSteps.map((point) => this.#plan.add(point, { nth: 1 }));
    const [snapshot, ...opening] = planned.toReversed();
    await until('the old journal is opened', async () => {
      await this.#home.ghost(['list']);
      return opening.every((crash) => crash.hasHappened());
    });
    await using client = await connectTo(this.#home);
    while (snapshot?.hasHappened() === false) await client.tag('1', { add: [`tag-${this.random.below(2 ** 30)}`] });
    for (const point of openingSteps) this.#count(point);
  }

  /** Kills at every step, each once before any twice, and in between at random moments. */
  async rage(
    doing: Doing,
    { kills, until: end, steps: wanted }: { kills: number; until: number; steps: RegExp },
  ): Promise<void> {
    let isFirst = true;
    const again = stepsOfAnyJournal.filter((point) => wanted.test(point));
    let steps = this.random.shuffled(again.filter((point) => !this.#steps.has(point)));
    let planned = this.#planFirstOf(steps);
    for (;;) {
      for (let count = this.random.below(deedsPerKillMax + 1); count > 0; count -= 1) {
        void this.#begin(this.random.pick(everydayDeeds), doing);
      }
      if (!(await this.#getsWorkDone(doing))) return;
      if (this.kills >= kills && steps.length === 0) return;
      if (!isFirst && performance.now() > end) return;
      if (planned === null || this.random.next() < randomKillsShare[isFirst ? 'first' : 'later']) {
        await delay(this.random.next() * lifeMsMax);
        await this.#killAtRandom({ isOnItsWay: planned !== null && isOfStart(planned.point) });
        continue;
      }
      const [, ...rest] = steps;
      if (rest.length === 0) isFirst = false;
      steps = rest.length > 0 || this.kills + 1 >= kills ? rest : this.random.shuffled(again);
      // Whoever follows the one that is about to die has the next step before it.
      const isApart = !(isOfStart(planned.point) && steps[0] !== undefined && isOfStart(steps[0]));
      const next = isApart ? this.#planFirstOf(steps) : null;
      await this.#bringTo(planned, doing);
      planned = next ?? this.#planFirstOf(steps);
    }
  }

  /** Waits until nothing is under way any more; what never ends is complained of. */
  async settle(): Promise<void> {
    await until('nothing is under way any more', () => this.#underWay.size === 0).catch(() => undefined);
    if (this.#underWay.size > 0) this.complaints.push(`what is begun does not end: ${this.#whatIsUnderWay()}`);
  }

  /** Waits until a daemon serves and most of what was begun is done; where that does not come, it is complained of. */
  async #getsWorkDone({ client }: Doing): Promise<boolean> {
    try {
      await until('a daemon serves, and work gets done', async () => {
        await client.ping();
        const starves = [...this.#underWay.values()].some(
          ({ deed, after }) => briefDeeds.includes(deed) && this.kills - after >= killsOutlivedMax,
        );
        return !starves && this.#underWay.size <= underWayMax && this.#home.daemonPid() !== null;
      });
      return true;
    } catch (error) {
      this.complain('to get work done')(error);
      this.complaints.push(`under way are ${this.#whatIsUnderWay()}`);
      return false;
    }
  }

  /** The deeds, and the tasks that are not complete. */
  #whatIsUnderWay(): string {
    const { events } = readPlainJournal(this.#home.path);
    const closed = new Set(
      events.filter(({ type }) => type === 'LogClosed' || type === 'TaskStartFailed').map(({ task }) => task),
    );
    const open = events.filter(({ type, task }) => type === 'TaskSubmitted' && !closed.has(task));
    const lives = open.map(({ task, data }) => {
      const types = events.filter((event) => event.task === task).map(({ type }) => type);
      return `${task} ${String((data['command'] as readonly string[])[4])}: ${types.join(' ')}`;
    });
    return `${[...this.#underWay.values()].map(({ deed }) => deed).join(', ')}; tasks that are not complete: ${lives.join('; ')}`;
  }

  complain(what: string): (error: unknown) => void {
    return (error) => {
      this.complaints.push(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
    };
  }

  async #killAtRandom({ isOnItsWay }: { readonly isOnItsWay: boolean }): Promise<void> {
    this.#killDaemons();
    if (isOnItsWay || this.random.next() >= startKillsShare) return;
    await delay(this.random.next() * startMsMax);
    this.#killDaemons();
  }

  /** Has a daemon to come die when it passes the first of these steps. */
  #planFirstOf([point]: readonly CrashPoint[]): PlannedStep | null {
    if (point === undefined) return null;
    // A shim that never was told to go on is what a death before that leaves to the next daemon.
    const before = point === 'task.aborted' ? this.#plan.add('task.spawned', { nth: 1 }) : null;
    const isCommon = /^(task\.(submitted|files|shim|spawned|go|started|exit)|journal\.(written|comm)|order)/.test(
      point,
    );
    const crash = this.#plan.add(point, { nth: isCommon ? 1 + this.random.below(3) : 1 });
    return { point, before, crash };
  }

  /** Does what brings a daemon to a step, until one has died there. */
  async #bringTo({ point, before, crash }: PlannedStep, doing: Doing): Promise<void> {
    const deadline = performance.now() + provokeMsMax;
    for (let tries = 0; !crash.hasHappened() && performance.now() < deadline; tries += 1) {
      // One that has begun before this was planned knows nothing of it.
      if (tries > 0 || isOfStart(point)) this.#killDaemons();
      if (point === 'journal.folded') ageReadModels(doing.home);
      await doing.client.ping();
      const provoking = deedsTowards(point).map((deed) => this.#begin(deed, doing));
      let isDone = false;
      const done = Promise.all(provoking).finally(() => (isDone = true));
      await until('it is done', () => isDone || crash.hasHappened());
      if (isDone) await done;
    }
    if (before?.hasHappened() === true) this.#count(before.point);
    if (crash.hasHappened()) this.#count(point);
    else this.complaints.push(`no daemon passed ${point} for the time ${crash.nth}`);
    before?.cancel();
    crash.cancel();
  }

  #count(point: CrashPoint): void {
    this.#steps.set(point, (this.#steps.get(point) ?? 0) + 1);
  }

  #killDaemons(): void {
    const serving = this.#home.daemonPid();
    for (const pid of daemonsOf(this.#home)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Ended in between.
        continue;
      }
      if (serving !== pid && !this.#killed.has(pid)) this.killsWhileStarting += 1;
      this.#killed.add(pid);
    }
  }

  #begin(deed: DeedName, doing: Doing): Promise<void> {
    const done: Promise<void> = deeds[deed](doing)
      .catch(this.complain(deed))
      .finally(() => this.#underWay.delete(done));
    this.#underWay.set(done, { deed, after: this.kills });
    return done;
  }
}

function sumsOf(
  events: readonly PlainEvent[],
): Pick<
  ChaosReport,
  'daemons' | 'tasks' | 'adoptions' | 'foundEnds' | 'abortedSpawns' | 'segments' | 'signals' | 'events' | 'outputBytes'
> {
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  return {
    daemons: count('DaemonStarted'),
    tasks: count('TaskSubmitted'),
    adoptions: count('TaskAdopted'),
    foundEnds: events.filter(({ type, data }) => type === 'TaskExited' && data['observed'] === 'found').length,
    abortedSpawns: count('TaskSpawnAborted'),
    segments: count('LogSegmentSealed'),
    signals: count('SignalSent'),
    events: events.length,
    outputBytes: events
      .filter(({ type }) => type === 'LogClosed')
      .reduce((sum, { data }) => sum + Number(data['stdoutBytes']) + Number(data['stderrBytes']), 0),
  };
}

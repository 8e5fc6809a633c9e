import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import type { Client } from '../../src/client/api.ts';
import { connectClient } from '../../src/client/client.ts';
import { DiskModel, type DiskState, type PowerCut, isOfNoUseAfterwards, writeState } from './disk-model.ts';
import { type DiskOperation, isWithin, readTrace, straceOptions } from './disk-trace.ts';
import { GhostHome } from './ghost-home.ts';
import { afterReboot, serveInProcess } from './in-process-daemon.ts';
import { allComplete } from './ledger-check.ts';
import { connectTo, runLedgerTask } from './ledger-client.ts';
import { Ledger, type LedgerTask } from './ledger.ts';
import { type PlainEvent, readPlainJournal } from './plain-journal.ts';
import { readPlainStream } from './plain-output.ts';
import { SeededRandom } from './seeded-random.ts';
import { configure } from './segments.ts';
import { root } from './source-files.ts';
import { until } from './until.ts';

/** A life of a daemon, with all that it and its tasks did to the disk. */
interface Recording {
  readonly folder: string;
  readonly work: string;
  readonly operations: readonly DiskOperation[];
  /** All that the journal had at the end. */
  readonly events: readonly PlainEvent[];
  /** When a client was told something, in microseconds, and the event that it stands for. */
  readonly told: readonly { readonly at: number; readonly seq: number }[];
  readonly secrets: readonly { readonly at: number; readonly value: string }[];
  readonly ledger: Ledger;
}

/** A cut at an operation: what was done before it may be on the disk. */
interface Cut {
  readonly before: number;
  readonly at: number;
  readonly how: PowerCut;
  readonly state: DiskState;
  /** The tasks that had begun, by their own account. */
  readonly begun: ReadonlySet<string>;
}

export interface PowerLossReport {
  readonly seed: number;
  readonly operations: number;
  readonly syncs: number;
  readonly events: number;
  readonly cuts: number;
  /** Of the tasks in all states: those that were lost with the power, and those whose end was still told. */
  readonly lost: number;
  readonly ended: number;
  readonly begunAnew: number;
  readonly complaints: readonly string[];
}

const ways: readonly PowerCut[] = [
  { names: 'synced', bytes: 'synced' },
  { names: 'logged', bytes: 'synced' },
  { names: 'all', bytes: 'torn' },
  { names: 'synced', bytes: 'torn' },
  { names: 'all', bytes: 'all' },
];

/**
 * Records a life of a daemon, builds the states in which a power cut could have left its folder, and lets a daemon of
 * another boot open each.
 * @param cuts how many at the most; they are spread over the whole life.
 */
export async function losePower({
  cuts,
  seed,
  onProgress = () => undefined,
}: {
  cuts: number;
  seed: number;
  onProgress?: (done: number, total: number, complaints: readonly string[]) => void;
}): Promise<PowerLossReport> {
  const random = new SeededRandom(seed);
  await using home = new GhostHome();
  const recording = await recordLife(home);
  const complaints = [...differsFromTheModel(recording)];
  const counts = { lost: 0, ended: 0, begunAnew: 0 };
  const all = chooseCuts(recording, { random, most: cuts });
  let done = 0;
  for (const cut of all) {
    const seen = await openAfter(cut, recording);
    counts.lost += seen.lost;
    counts.ended += seen.ended;
    counts.begunAnew += seen.begunAnew;
    const where = `cut before operation ${cut.before} (${cut.how.names} names, ${cut.how.bytes} bytes)`;
    complaints.push(...seen.complaints.map((complaint) => `${where}: ${complaint}`));
    done += 1;
    onProgress(done, all.length, complaints);
  }
  return {
    seed,
    operations: recording.operations.length,
    syncs: recording.operations.filter(({ kind }) => kind === 'sync-done').length,
    events: recording.events.length,
    cuts: all.length,
    ...counts,
    complaints,
  };
}

/** A daemon under strace, and a client that notes when it was told what. */
async function recordLife(home: GhostHome): Promise<Recording> {
  const trace = join(home.work, 'trace');
  const ledger = new Ledger(home.work);
  const told: { at: number; seq: number }[] = [];
  const secrets: { at: number; value: string }[] = [];
  const daemon = traceDaemon(home, trace);
  await until('the daemon serves', () => home.daemonPid());
  {
    await using client = await connectTo(home, { start: false });
    await live({ home, client, ledger, told, secrets });
    await allComplete(home, client);
    await client.shutdown();
  }
  if (daemon.exitCode === null) await once(daemon, 'close');
  const wanted = (path: string): boolean =>
    (isWithin(home.path, path) && !isOfNoUseAfterwards(path)) || path === join(home.work, 'ledger');
  return {
    folder: home.path,
    work: home.work,
    operations: readTrace(trace, { isOfInterest: wanted }),
    events: readPlainJournal(home.path).events,
    told,
    secrets,
    ledger,
  };
}

function traceDaemon(home: GhostHome, trace: string): ChildProcess {
  const script = join(root, 'dist', 'daemon.cjs');
  return spawn('strace', [...straceOptions(trace), process.execPath, script, '--persist'], {
    cwd: home.work,
    env: { ...home.env, ...configure(home, { segmentSize: '64KiB', keepFree: '0' }) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

interface Living {
  readonly home: GhostHome;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly told: { at: number; seq: number }[];
  readonly secrets: { at: number; value: string }[];
}

/** All that is acknowledged, once or a few times. */
async function live(living: Living): Promise<void> {
  const { client, ledger, home, secrets } = living;
  const start = async (kind: Parameters<Ledger['task']>[0]): Promise<{ id: string; task: LedgerTask }> => {
    const task = ledger.task(kind);
    const id = String(await runLedgerTask(client, home, task));
    note(living, id, ['TaskStarted', 'TaskExited']);
    return { id, task };
  };
  const ended = async (id: string): Promise<void> => {
    await client.wait([id]);
    note(living, id, ['TaskExited']);
  };
  const quiet = await start('quiet');
  // Side by side, so that what one is told brings to the disk a part of what the others are not told yet.
  const renaming = (async () => {
    for (let count = 1; count <= 20; count += 1) await client.rename(quiet.id, `name ${count}`);
  })();
  const crowd = await Promise.all(Array.from({ length: 8 }, async () => await start('failing')));
  await renaming;
  const flood = await start('flood');
  for (const kind of ['quick', 'failing', 'terminated', 'chatty'] as const) await ended((await start(kind)).id);
  const [gated, leaving, patient] = [await start('gated'), await start('leaving'), await start('patient')];
  await client.rename(quiet.id, 'renamed');
  note(living, quiet.id, ['TaskRenamed']);
  await client.tag(quiet.id, { add: ['tagged'] });
  note(living, quiet.id, ['TaskTagged']);
  await until('the task listens', () => ledger.printed(patient.task, 'stdout').length > 0);
  await client.stop(patient.id, { graceMs: 5_000 });
  note(living, patient.id, ['SignalSent', 'TaskExited']);
  await ended(flood.id);
  for await (const _ of client.log(flood.id, { follow: true }));
  await client.prune({ tasks: [flood.id] });
  note(living, flood.id, ['LogSegmentPruned']);
  const binary = await start('binary');
  await ended(binary.id);
  const value = 'a-secret-that-goes';
  const environment = [['CHAOS_SECRET', value] as const, ['PATH', '/usr/bin:/bin'] as const];
  const { id: secret } = await client.run({ command: ledger.task('quick').command, cwd: home.work, environment });
  await ended(String(secret));
  await client.redact(String(secret), 'CHAOS_SECRET');
  secrets.push({ at: nowUs(), value });
  note(living, String(secret), ['EnvironmentRedacted']);
  await client.prune({ tasks: [String(secret)], forget: true });
  note(living, String(secret), ['TaskForgotten']);
  ledger.open(gated.task);
  ledger.open(quiet.task);
  for (const { id } of [gated, quiet, leaving, ...crowd]) await ended(id);
}

/** That a client was told of these events by now: what of them the journal has for the task. */
function note({ home, told }: Living, task: string, types: readonly string[]): void {
  const at = nowUs();
  const database = new Database(join(home.path, 'tasks.db'), { readonly: true });
  try {
    const seq = database
      .prepare<[number, string], number>(
        'SELECT min(seq) FROM events WHERE task = ? AND type IN (SELECT value FROM json_each(?))',
      )
      .pluck()
      .get(Number(task), JSON.stringify(types));
    if (seq === undefined) throw new Error(`nothing of ${types.join(', ')} about task ${task}`);
    told.push({ at, seq });
  } finally {
    database.close();
  }
}

function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/** The recording is whole: what it comes to is what the folder has. */
function differsFromTheModel({ folder, operations }: Recording): readonly string[] {
  const model = modelOf(folder);
  for (const operation of operations) model.apply(operation);
  const { files } = model.stateAfter({ names: 'all', bytes: 'all' }, new SeededRandom(0));
  const real = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => statSync(join(folder, name)).isFile() && !isOfNoUseAfterwards(name),
  );
  const names = new Set([...real, ...files.keys()]);
  return (
    [...names]
      .filter((name) => !real.includes(name) || files.get(name)?.equals(readFileSync(join(folder, name))) !== true)
      // To look into a journal leaves an empty log behind.
      .filter((name) => !(name.endsWith('-wal') && (files.get(name)?.length ?? 0) === 0))
      .map((name) => `the recording is not whole: ${name} is another in the folder`)
  );
}

/** The folder is there before the daemon, and the folder of its tasks with it. */
function modelOf(folder: string): DiskModel {
  return new DiskModel(folder);
}

/**
 * Of each state that a cut can leave the last cut that leaves it, which the most was told before; and of those that are
 * different at each operation a part.
 */
function chooseCuts(
  { folder, work, operations }: Recording,
  { random, most }: { random: SeededRandom; most: number },
): readonly Cut[] {
  const model = modelOf(folder);
  const account = join(work, 'ledger');
  const begun = new Set<string>();
  const last = new Map<string, { before: number; how: PowerCut }>();
  const follow = (visit: (index: number, operation: DiskOperation) => void): void => {
    for (const [index, operation] of operations.entries()) {
      if (operation.path !== account) visit(index, operation);
      if (operation.path === account && operation.kind === 'write') begun.add(operation.data.toString('utf8').trim());
      else model.apply(operation);
    }
  };
  follow((before) => {
    for (const how of ways) {
      const same = how.bytes === 'synced' ? model.signatureOf(how) : String(before);
      last.set(`${how.names} ${how.bytes} ${same}`, { before, how });
    }
  });
  // Half of them of what is certain to be on the disk, of which there are the fewest; the rest anything.
  const [certain, others] = [true, false].map((isCertain) =>
    random.shuffled([...last.values()].filter(({ how }) => (how.bytes === 'synced') === isCertain)),
  );
  const sure = (certain ?? []).slice(0, Math.ceil(most / 2));
  const chosen = Map.groupBy([...sure, ...(others ?? []).slice(0, most - sure.length)], ({ before }) => before);
  const again = new DiskModel(folder);
  const cuts: Cut[] = [];
  begun.clear();
  for (const [before, operation] of operations.entries()) {
    for (const { how } of chosen.get(before) ?? []) {
      cuts.push({ before, at: operation.at, how, state: again.stateAfter(how, random), begun: new Set(begun) });
    }
    if (operation.path === account && operation.kind === 'write') begun.add(operation.data.toString('utf8').trim());
    else again.apply(operation);
  }
  return cuts;
}

interface Opened {
  readonly lost: number;
  readonly ended: number;
  readonly begunAnew: number;
  readonly complaints: readonly string[];
}

/** Opens what a cut has left with a daemon of another boot. */
async function openAfter(cut: Cut, recording: Recording): Promise<Opened> {
  const base = mkdtempSync(join(tmpdir(), 'p-'));
  const home = { path: join(base, 'home'), env: { GHOST_HOME: join(base, 'home') } };
  try {
    writeState(home.path, cut.state);
    const complaints: string[] = [];
    const given = new Map<string, Buffer>();
    try {
      // What was accepted and never spawned is begun: by a shell that does nothing, which the journal then says.
      await using _ = await serveInProcess(home, {
        processes: afterReboot(),
        logs: { segmentBytes: 64 * 1024, keepFreeBytes: 0 },
        shell: '/bin/true',
      });
      await using client = await connectClient({
        environment: home.env,
        start: false,
        loadStarter: () => Promise.reject(new Error('nobody is to start a daemon')),
      });
      await until('every task is complete', () => isAllComplete(home.path));
      for (const { id } of await client.list({ all: true })) {
        const read: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] };
        for await (const { stream, data } of client.log(String(id))) read[stream].push(data);
        for (const stream of ['stdout', 'stderr'] as const) given.set(`${id} ${stream}`, Buffer.concat(read[stream]));
      }
    } catch (error) {
      complaints.push(
        `it does not open: ${error instanceof Error ? error.message : String(error)} (${lastErrorOf(home.path)})`,
      );
      return { lost: 0, ended: 0, begunAnew: 0, complaints };
    }
    const { events, complaints: wrong } = readPlainJournal(home.path);
    const kept = sharedStart(events, recording.events);
    const anew = events.slice(kept);
    complaints.push(
      ...wrong,
      ...missingOfTheTold(kept, cut, recording),
      ...runAgain(anew, cut, events),
      ...secretsLeft(cut, recording),
      ...wrongStreams(home.path, { events, given, cut, recording, kept }),
    );
    const count = (type: string): number => anew.filter((event) => event.type === type).length;
    return {
      lost: count('TaskLost'),
      ended: count('TaskExited'),
      begunAnew: count('TaskStartFailed'),
      complaints,
    };
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** What its daemon's log said last of an error. */
function lastErrorOf(home: string): string {
  const errors = readFileSync(join(home, 'daemon.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"level":"error"'));
  return errors.at(-1) ?? 'its log tells of no error';
}

function isAllComplete(home: string): boolean {
  const database = new Database(join(home, 'tasks.db'), { readonly: true });
  try {
    const open = database.prepare<[], number>(
      `SELECT sum(iif(type = 'TaskSubmitted', 1, -1)) FROM events
       WHERE type IN ('TaskSubmitted', 'LogClosed', 'TaskStartFailed')`,
    );
    return (open.pluck().get() ?? 0) === 0;
  } finally {
    database.close();
  }
}

/** How many events are those of the recording; the next one must be that of the daemon that has opened it. */
function sharedStart(events: readonly PlainEvent[], recorded: readonly PlainEvent[]): number {
  const at = events.findIndex(({ hash }, index) => recorded[index]?.hash !== hash);
  return at < 0 ? events.length : at;
}

function missingOfTheTold(kept: number, cut: Cut, { told }: Recording): readonly string[] {
  const wanted = Math.max(0, ...told.filter(({ at }) => at <= cut.at).map(({ seq }) => seq));
  return kept >= wanted ? [] : [`${kept} events are left, and a client was told of event ${wanted}`];
}

function runAgain(anew: readonly PlainEvent[], cut: Cut, events: readonly PlainEvent[]): readonly string[] {
  const keyOf = (task: number | null): string => {
    const submitted = events.find((event) => event.type === 'TaskSubmitted' && event.task === task);
    return String((submitted?.data['command'] as readonly string[] | undefined)?.[3]);
  };
  return anew
    .filter(({ type, task }) => type === 'TaskSpawned' && cut.begun.has(keyOf(task)))
    .map(({ task }) => `task ${task} (${keyOf(task)}) had begun, and was started again`);
}

function secretsLeft({ at, state }: Cut, { secrets }: Recording): readonly string[] {
  return secrets
    .filter((secret) => secret.at <= at)
    .flatMap(({ value }) => [...state.files].filter(([, bytes]) => bytes.includes(value)).map(([name]) => name))
    .map((name) => `${name} has a value that a client was told to be gone`);
}

function wrongStreams(
  home: string,
  {
    events,
    given,
    cut,
    recording: { ledger },
    kept,
  }: {
    events: readonly PlainEvent[];
    given: ReadonlyMap<string, Buffer>;
    cut: Cut;
    recording: Recording;
    kept: number;
  },
): readonly string[] {
  return events
    .filter(({ type, seq }) => type === 'TaskSubmitted' && seq <= kept)
    .flatMap(({ task, data }) => {
      const known = ledger.find(data['command'] as readonly string[]);
      if (known === undefined || task === null) return [];
      return (['stdout', 'stderr'] as const).flatMap((stream) => {
        const what = `the ${stream} of task ${task} (${known.key})`;
        const { from, bytes, complaints } = readPlainStream(home, { task, stream, events });
        const printed = ledger.printed(known, stream).subarray(from);
        const sealed = Math.max(
          0,
          // Those that were there before: what is left of a spool is compressed as it lies there.
          ...events
            .slice(0, kept)
            .filter(
              (event) => event.type === 'LogSegmentSealed' && event.task === task && event.data['stream'] === stream,
            )
            .map((event) => Number(event.data['to']) - from),
        );
        // What was compressed is whole; what was not may lack its end, and where the disk was torn be anything.
        const certain = cut.how.bytes === 'torn' ? Math.min(sealed, bytes.length) : bytes.length;
        const log = given.get(`${task} ${stream}`);
        return [
          ...complaints,
          ...(bytes.length >= sealed ? [] : [`${what} has ${bytes.length} bytes, and ${sealed} are in segments`]),
          ...(bytes.subarray(0, certain).equals(printed.subarray(0, certain))
            ? []
            : [`${what} is not what was printed`]),
          ...(log === undefined || log.equals(bytes)
            ? []
            : [`${what} is given as ${log.length} bytes, not ${bytes.length}`]),
        ];
      });
    });
}

import { join } from 'node:path';

import { loadKernel } from '../daemon/kernel.ts';
import { linuxProcessTable } from '../daemon/process-table.ts';
import { resolvePaths } from '../paths.ts';
import { checkDaemon, checkSocket, checkStartLock, takeLock } from './daemon-check.ts';
import { checkFileSystems, checkHoles, checkInodes, checkRoom } from './disk-check.ts';
import { type Found, ok, settle, warning } from './finding.ts';
import { checkEntries, checkHome, checkLeftovers, listFolder } from './folder-check.ts';
import { type JournalReading, checkJournal, checkRestoration, readJournal } from './journal-check.ts';
import { checkOutput } from './output-check.ts';
import type { Examine, ExamineOptions, Patient } from './patient.ts';
import { checkReadModels, rebuildHere } from './rebuild-check.ts';
import { checkConfig, checkDescriptors, checkLogOut, checkVersions, checkWatches } from './system-check.ts';
import { checkTasks } from './task-check.ts';

/**
 * Everything that can be wrong, one finding after the other. A bundle of its own, loaded by `ghost doctor` alone: it
 * reads the journal itself, so that it works without a daemon and with one that cannot start.
 *
 * Each check is made after what the ones before it found is mended, and the journal's own before those that ask it.
 */
export const examine: Examine = async function* examine(options) {
  for await (const found of findings(options)) yield await settle(found, options);
};

async function* findings(options: ExamineOptions): AsyncGenerator<Found, void, void> {
  // Whatever is made here is this user's alone from the moment it exists.
  process.umask(0o077);
  yield checkVersions();
  const { found: config, settings } = checkConfig(options.environment);
  yield config;
  const paths = resolvePaths(options.environment);
  const uid = process.getuid?.() ?? null;
  const home = checkHome({ paths, uid });
  yield home.found;
  const patient: Patient = {
    ...options,
    daemon: await options.askDaemon(),
    settings,
    paths,
    kernel: loadKernel(),
    processes: process.platform === 'linux' ? linuxProcessTable() : null,
    migrationsFolder: join(import.meta.dirname, '..', 'migrations'),
    uid,
    alone: false,
  };
  if (home.usable) {
    yield* inside(patient);
    yield* checkFileSystems(patient);
    yield* checkRoom(patient);
    yield* checkInodes(patient);
    yield await checkHoles(patient);
  } else {
    yield* checkSocket(patient);
  }
  yield* checkDescriptors(patient);
  yield* checkWatches(patient);
  yield* checkLogOut();
}

/** What lies in the data folder. With `fix` or `rebuild` nobody else becomes the daemon meanwhile. */
async function* inside(patient: Patient): AsyncGenerator<Found, void, void> {
  const { fix, rebuild } = patient;
  const holds = fix || rebuild;
  let state = await takeLock(patient, { make: holds });
  try {
    yield checkDaemon(patient, state);
    if (state.kind === 'broken' && fix) state = await takeLock(patient, { make: true });
    // A look takes nobody's time.
    if (state.kind === 'ours' && !holds) state.lock[Symbol.dispose]();
    yield* look({ ...patient, alone: state.kind === 'ours' || state.kind === 'free' });
  } finally {
    if (state.kind === 'ours') state.lock[Symbol.dispose]();
  }
}

async function* look(patient: Patient): AsyncGenerator<Found, void, void> {
  yield* checkSocket(patient);
  yield checkStartLock(patient);
  const { home } = patient.paths;
  let entries = listFolder(home);
  yield* checkEntries(patient, entries);
  yield* checkLeftovers(patient, entries);
  if (patient.fix) entries = listFolder(home);
  yield* checkRestoration(patient);
  let reading = readJournal(patient);
  yield* checkJournal(patient, reading);
  if (hasDefect(reading) && patient.fix) {
    entries = listFolder(home);
    reading = readJournal(patient);
  }
  if (hasDefect(reading)) {
    yield warning('output', 'not looked at: of what the journal does not tell, nothing can be said');
    return;
  }
  yield* checkTasks(patient, reading.facts);
  const readAgain = (): JournalReading['facts'] => readJournal(patient).facts;
  yield* checkOutput(patient, { entries, facts: reading.facts, readAgain });
  if (patient.rebuild) yield await checkRebuild(patient, reading);
}

async function checkRebuild(patient: Patient, { inspection }: JournalReading): Promise<Found> {
  const { daemon, alone } = patient;
  if (daemon.kind === 'answers') return await checkReadModels(daemon.rebuild, patient);
  if (inspection === null) return ok('read models', 'there is no journal yet to fold');
  if (alone) return await checkReadModels(() => rebuildHere(patient), patient);
  return warning('read models', 'they are not folded anew while a daemon has the journal and does not answer');
}

function hasDefect({ inspection }: JournalReading): boolean {
  return inspection !== null && inspection.defect !== null;
}

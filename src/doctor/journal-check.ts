import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import { passCrashPoint } from '../crash-point.ts';
import { asideFolder } from '../daemon/set-aside.ts';
import { lastTaskInFolders } from '../daemon/task-numbers.ts';
import type { Actor, Microseconds } from '../journal/events.ts';
import { type Inspection, inspectJournal } from '../journal/inspect.ts';
import { readMark } from '../journal/mark-file.ts';
import { finishPutting, restoredPath } from '../journal/put-in-place.ts';
import { type Salvage, restoreJournal } from '../journal/salvage.ts';
import { microsecondsAt } from '../microseconds.ts';
import { version } from '../version.ts';
import { counted } from '../words/task-words.ts';
import { type Found, type Mend, ok, problem, someOf, warning } from './finding.ts';
import { type FactsTable, noteFact } from './output-facts.ts';
import type { Patient } from './patient.ts';

/** After so many events it is told how far the reading has come. */
const toldEvery = 5_000;

export interface JournalReading {
  readonly facts: FactsTable;
  readonly inspection: Inspection | null;
}

/** Reads the whole journal, once. */
export function readJournal({ paths, migrationsFolder, onProgress }: Patient): JournalReading {
  const facts: FactsTable = new Map();
  const inspection = inspectJournal(paths.journal, {
    migrationsFolder,
    onEvent: (event, { last }) => {
      noteFact(facts, event);
      if (event.seq % toldEvery !== 0) return;
      // Nothing here waits: a line that cannot be drawn is nobody's loss.
      onProgress({ step: 'reading', events: event.seq, eventsTotal: last }).catch(() => undefined);
    },
  });
  return { facts, inspection };
}

/** A restoration that was cut short after the restored journal was complete: it is the journal from then on. */
export function checkRestoration({ paths: { journal }, alone }: Patient): readonly Found[] {
  if (!alone || !existsSync(restoredPath(journal))) return [];
  const mend = (): string => {
    finishPutting(journal);
    return 'it is in its place now';
  };
  return [problem('journal', `${basename(restoredPath(journal))} was not put into its place yet`, { mend })];
}

/** The journal's file, its chain and its clock. */
export function checkJournal(patient: Patient, { inspection }: JournalReading): readonly Found[] {
  const { paths, nowMs } = patient;
  const kept = damagedBefore(patient);
  if (inspection === null) return [ok('journal', 'there is none yet'), ...kept];
  const { events, defect, lastAt, migrationsMissing } = inspection;
  if (defect !== null) return [defectOf(patient, inspection), ...kept];
  const older = migrationsMissing > 0 && events > 0 ? '; an older ghost wrote it, and the next daemon updates it' : '';
  return [
    ok('journal', `${basename(paths.journal)} is sound${older}`),
    ok(
      'chain',
      `${counted(events, { one: 'event holds', many: 'events hold' })} (ghost audit --verify reads the output too)`,
    ),
    ...clockOf(lastAt, nowMs),
    ...kept,
  ];
}

function defectOf(patient: Patient, { events, defect }: Inspection): Found {
  if (defect === null) throw new Error('there is no defect');
  switch (defect.kind) {
    case 'newer':
    case 'closed':
      return problem('journal', defect.message, { hint: defect.hint });
    case 'damaged':
      return problem(
        'journal',
        `it is damaged: ${defect.message}${events > 0 ? ` (the first ${events} hold)` : ''}`,
        restoring(patient),
      );
    case 'changed': {
      const sentence = `the journal was changed behind ghost's back: ${defect.message}; ${events} hold before it`;
      if (defect.refused) return problem('chain', sentence, restoring(patient));
      return problem('chain', `${sentence}, and ${defect.last - defect.seq} follow, with which ghost works on`, {
        // To cut it there would throw away all that follows, for the sake of one: that is for a person to decide.
        hint: 'ghost audit --verify says all that does not hold; a backup has what was there',
      });
    }
  }
}

function restoring(patient: Patient): { readonly hint: string } | { readonly mend: Mend } {
  if (!patient.alone) {
    return { hint: 'ghost shutdown, then ghost doctor --fix: it is restored only while no daemon has it open' };
  }
  return {
    mend: async () => {
      const { paths, migrationsFolder, nowMs } = patient;
      const salvage = await restoreJournal({
        path: paths.journal,
        migrationsFolder,
        now: () => microsecondsAt(nowMs),
        ghostVersion: version,
        actor: actorOf(patient),
        lastTaskSeen: Math.max(
          lastTaskInFolders([paths.tasks, join(paths.home, asideFolder, basename(paths.tasks))]),
          readMark(paths.journal)?.task ?? 0,
        ),
        onStep: (step) => {
          passCrashPoint(`restore.${step}`);
        },
      });
      return restoredText(salvage);
    },
  };
}

/** Whoever asked the doctor to mend it. */
function actorOf({ uid }: Patient): Actor {
  const client = `ghost-doctor ${version}`;
  return { kind: 'client', uid, pid: process.pid, client, terminal: null, commandLine: null };
}

/** What was kept and what was lost, to the event. */
function restoredText({ kept, lost: { seqs, tasks }, environmentsLost, folder, lastTask }: Salvage): string {
  const keptText = kept === 0 ? 'nothing could be kept' : `restored with the events 1 to ${kept}`;
  const [first, last] = [seqs[0], seqs.at(-1)];
  const lostText =
    first === undefined || last === undefined
      ? `nothing ${kept === 0 ? 'else' : 'after them'} is seen in the damaged file`
      : `lost ${first === last ? `event ${first}` : `the events ${first} to ${last}`}${aboutTasks(tasks)}`;
  const hole = last === undefined || last === kept + seqs.length ? [] : ['not all of them can be read'];
  const environments =
    environmentsLost === 0
      ? []
      : [counted(environmentsLost, { one: 'environment is lost', many: 'environments are lost' })];
  const next = `the next task is ${lastTask + 1}`;
  return [keptText, lostText, ...hole, ...environments, next, `the damaged file is in ${basename(folder)}/`].join('; ');
}

function aboutTasks(tasks: readonly number[]): string {
  if (tasks.length === 0) return '';
  return `, about ${tasks.length === 1 ? 'task' : 'tasks'} ${someOf(tasks.map(String))}`;
}

/** What was restored once is kept for a person to look at, and forgotten by nobody. */
function damagedBefore({ paths: { home, journal } }: Patient): readonly Found[] {
  const folders = readdirSync(home).filter((name) => name.startsWith(`${basename(journal)}.damaged-`));
  return folders.length === 0
    ? []
    : [
        ok(
          'journal',
          `kept from before it was restored: ${someOf(folders)} (remove it when you do not want it any more: ghost redact does not reach into it)`,
        ),
      ];
}

/** How far a clock may be ahead of the last event without being worth a word. */
export const clockToleranceMs = 1_000;

export function clockOf(lastAt: Microseconds | null, nowMs: number): readonly Found[] {
  const aheadMs = lastAt === null ? 0 : lastAt / 1000 - nowMs;
  if (lastAt === null) return [];
  if (aheadMs <= clockToleranceMs) return [ok('clock', 'no event lies in the future')];
  return [
    warning('clock', `the last event is of ${new Date(lastAt / 1000).toISOString()}, which has not come yet`, {
      hint: 'date  (was the clock set back? events keep their order by their numbers, whatever their times)',
    }),
  ];
}

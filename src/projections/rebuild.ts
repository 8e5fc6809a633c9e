import { rmSync } from 'node:fs';

import { passCrashPoint } from '../crash-point.ts';
import { type Database, openScratch, openForReading } from '../journal/database.ts';
import type { EventReader } from '../journal/read-models.ts';
import { type Difference, compareReadModels } from './compare-read-models.ts';
import { type ReadModelFold, readModelTables } from './read-model-fold.ts';
import { TaskWriter } from './task-writer.ts';

export interface RebuildStep {
  /** How many events are folded anew, of how many. */
  readonly events: number;
  readonly eventsTotal: number;
}

export interface Rebuilt {
  readonly events: number;
  readonly tasks: number;
  /** What differed and is put right now, in sentences. */
  readonly differences: readonly Difference[];
}

/** So many events are folded in one step: a few milliseconds. */
const eventsAtOnce = 250;

/** Where the read models are folded anew: beside the journal, and only for as long as it takes. */
export function scratchPath(journalPath: string): string {
  return `${journalPath}.rebuild`;
}

/**
 * Folds every read model anew, off to the side, compares it with what is kept, and puts what was folded anew in its
 * place where they differ. In steps of a few milliseconds, between which events may come; the replacing alone is one
 * step, because it is one transaction.
 * @param differencesMax how many differences are told of at the most.
 */
export function* rebuildReadModels(
  database: Database,
  { reader, fold, differencesMax }: { reader: EventReader; fold: ReadModelFold; differencesMax: number },
): Generator<RebuildStep, Rebuilt, void> {
  const path = scratchPath(database.name);
  // Its read transaction stays at the moment at which it began, whatever is appended meanwhile.
  const kept = openForReading(database.name);
  const anew = openScratch(path);
  try {
    kept.prepare('ATTACH ? AS anew').run(path);
    kept.exec('BEGIN');
    const events = kept.prepare<[], number | null>('SELECT max(seq) FROM events').pluck().get() ?? 0;
    copySchema(database, anew);
    const side = fold.into(anew);
    yield* foldUntil(events, { reader, side, anew });
    const differences: Difference[] = [];
    for (const found of compareReadModels({ kept, anew })) {
      if (found !== null) differences.push(found);
      if (differences.length >= differencesMax) break;
      yield { events, eventsTotal: events };
    }
    const tasks = anew.prepare<[], number>('SELECT count(*) FROM tasks').pluck().get() ?? 0;
    if (differences.length === 0) return { events, tasks, differences };
    kept.close();
    // Most of what came meanwhile in steps, and the rest in the one that replaces.
    yield* foldUntil(reader.lastSeq, { reader, side, anew });
    for (const _ of foldUntil(reader.lastSeq, { reader, side, anew }));
    anew.close();
    passCrashPoint('rebuild.folded');
    replace(database, path);
    passCrashPoint('rebuild.replaced');
    fold.reload();
    return { events, tasks, differences };
  } finally {
    kept.close();
    anew.close();
    rmSync(path, { force: true });
  }
}

/** In one transaction from the first step to the last: nobody else looks at it, and nothing of it is kept where one fails. */
function* foldUntil(
  seq: number,
  { reader, side, anew }: { reader: EventReader; side: ReadModelFold; anew: Database },
): Generator<RebuildStep, void, void> {
  anew.exec('BEGIN');
  while (side.seq < seq) {
    const batch = reader.read({ after: side.seq }).filter((event) => event.seq <= seq);
    if (batch.length === 0) break;
    for (let from = 0; from < batch.length; from += eventsAtOnce) {
      side.fold(batch.slice(from, from + eventsAtOnce));
      yield { events: side.seq, eventsTotal: seq };
    }
  }
  anew.exec('COMMIT');
}

/** The tables and indexes of the read models, as the migrations have made them. */
function copySchema(from: Database, to: Database): void {
  const known: readonly string[] = [...readModelTables, 'task_search'];
  const statements = from
    .prepare<[], { readonly sql: string; readonly table: string }>(
      'SELECT sql, tbl_name AS "table" FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid',
    )
    .all()
    .filter(({ table }) => known.includes(table));
  for (const { sql } of statements) to.exec(sql);
}

/** All of it in one transaction, so that a crash leaves the one or the other. */
function replace(database: Database, path: string): void {
  database.prepare('ATTACH ? AS anew').run(path);
  try {
    database
      .transaction(() => {
        for (const table of readModelTables) {
          database.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM anew.${table}`);
        }
        new TaskWriter(database).indexAnew();
      })
      .immediate();
  } finally {
    database.exec('DETACH anew');
  }
}

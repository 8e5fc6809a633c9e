import { GhostError } from '../ghost-error.ts';
import { microsecondsAt } from '../microseconds.ts';
import { openTaskJournal } from '../projections/open-task-journal.ts';
import type { RebuildProgress, RebuildResult } from '../protocol/answers.ts';
import { damagesMax } from '../protocol/limits.ts';
import { version } from '../version.ts';
import { counted } from '../words/task-words.ts';
import { type Found, ok, problem, someOf, warning } from './finding.ts';
import type { Patient } from './patient.ts';

/**
 * The read models of a journal that no daemon has open, folded anew here. To be called by the holder of the daemon's lock
 * alone: they are brought up to date first, as a daemon that starts would.
 */
export async function* rebuildHere({
  paths,
  migrationsFolder,
  nowMs,
}: Pick<Patient, 'paths' | 'migrationsFolder' | 'nowMs'>): AsyncGenerator<RebuildProgress, RebuildResult, void> {
  const { journal, rebuild } = await openTaskJournal({
    path: paths.journal,
    migrationsFolder,
    now: () => microsecondsAt(nowMs),
    ghostVersion: version,
    onDamage: (error) => {
      throw error;
    },
  });
  using _ = journal;
  return yield* rebuild({ differencesMax: damagesMax });
}

/** Folds every read model anew, to its end: what differed from what was kept has been replaced by then. */
export async function checkReadModels(
  rebuild: () => AsyncGenerator<RebuildProgress, RebuildResult, void>,
  { onProgress }: Pick<Patient, 'onProgress'>,
): Promise<Found> {
  try {
    const folding = rebuild();
    for (;;) {
      const step = await folding.next();
      if (step.done === true) return foundOf(step.value);
      await onProgress({ step: 'folding', ...step.value });
    }
  } catch (error) {
    if (!(error instanceof GhostError)) throw error;
    return problem('read models', `they could not be folded anew: ${error.message}`, { hint: error.hint });
  }
}

function foundOf({ events, tasks, differences }: RebuildResult): Found {
  const folded = `${counted(events, { one: 'event', many: 'events' })} of ${counted(tasks, { one: 'task', many: 'tasks' })}`;
  if (differences.length === 0) return ok('read models', `${folded}, folded anew, give exactly what was kept`);
  // The events are the truth, so that this is mended as it is found.
  return warning(
    'read models',
    `${folded} give something else than was kept, which was replaced: ${someOf(differences)}`,
  );
}

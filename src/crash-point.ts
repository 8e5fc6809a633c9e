import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The named steps between which ghost can be made to die, so that tests can prove that each crash leaves something that
 * the next start reads right. `GHOST_CRASH=task.spawned@3` kills the process with SIGKILL when it passes that point for
 * the third time; nothing happens where the variable is not set. Where it names a folder, the first of the files in it
 * (`01.task.spawned@3`) says so, and the one process that dies of it renames it to `01.task.spawned@3.died`: so all who
 * may start a daemon have one and the same environment.
 */
export const crashPoints = [
  'daemon.locked',
  'journal.opened',
  'journal.backup',
  'journal.backed-up',
  'journal.migration',
  'journal.migrated',
  'journal.folded',
  'journal.snapshot',
  'journal.written',
  'journal.committed',
  'daemon.opened',
  'daemon.adopted',
  'daemon.bound',
  'daemon.card-written',
  'daemon.listening',
  'daemon.stopping',
  'daemon.unbound',
  'daemon.stopped',
  'task.submitted',
  'task.refused',
  'task.files-opened',
  'task.shim-spawned',
  'task.spawned',
  'task.go-given',
  'task.started',
  'task.aborted',
  'task.adopted',
  'task.exit-read',
  'task.exited',
  'task.closing',
  'task.settled',
  'task.log-closed',
  'pump.announced',
  'pump.replaced',
  'signal.requested',
  'signal.delivered',
  'signal.sent',
  'order.noted',
  'segment.written',
  'segment.renamed',
  'segment.sealed',
  'segment.given-back',
  'output.pruned',
  'output.removed',
  'output.emptied',
  'change.recorded',
  'change.forgotten',
  'change.redacting',
  'change.redacted',
  'rebuild.folded',
  'rebuild.replaced',
  'restore.put-aside',
  'restore.readable',
  'restore.written',
  'restore.complete',
  'restore.log-removed',
  'restore.in-place',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

const { wanted, file } = readPlan(process.env['GHOST_CRASH']);
const passes = new Map<string, number>();

export function passCrashPoint(point: CrashPoint): void {
  if (wanted === null) return;
  const count = (passes.get(point) ?? 0) + 1;
  passes.set(point, count);
  if (wanted === `${point}@${count}` && isToDie()) process.kill(process.pid, 'SIGKILL');
}

/** Read once, when the process begins: a point is passed on every commit. */
function readPlan(plan: string | undefined): { readonly wanted: string | null; readonly file: string | null } {
  if (plan === undefined) return { wanted: null, file: null };
  if (!plan.startsWith('/')) return { wanted: plan, file: null };
  const first = readdirSync(plan)
    .filter((name) => !name.endsWith('.died'))
    .toSorted()[0];
  return first === undefined
    ? { wanted: null, file: null }
    : { wanted: first.slice(first.indexOf('.') + 1), file: join(plan, first) };
}

function isToDie(): boolean {
  if (file === null) return true;
  try {
    renameSync(file, `${file}.died`);
    return true;
  } catch {
    return false;
  }
}

/**
 * The named steps between which the daemon can be made to die, so that tests can prove that each crash leaves
 * something that the next daemon reads right. `GHOST_CRASH=task.spawned@3` kills it with SIGKILL when it passes that
 * point for the third time; nothing happens where the variable is not set.
 */
export const crashPoints = [
  'daemon.locked',
  'journal.backup',
  'journal.migration',
  'journal.folded',
  'daemon.opened',
  'daemon.adopted',
  'daemon.listening',
  'task.submitted',
  'task.files-opened',
  'task.shim-spawned',
  'task.spawned',
  'task.go-given',
  'task.started',
  'task.exit-read',
  'task.exited',
  'task.settled',
  'task.log-closed',
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
] as const;

/** Those of `ghost doctor --fix`, which restores a journal. */
export const restorePoints = [
  'restore.put-aside',
  'restore.readable',
  'restore.written',
  'restore.complete',
  'restore.log-removed',
  'restore.in-place',
] as const;
export type CrashPoint = (typeof crashPoints)[number] | (typeof restorePoints)[number];

const passes = new Map<string, number>();

export function passCrashPoint(point: CrashPoint): void {
  const wanted = process.env['GHOST_CRASH'];
  if (wanted === undefined) return;
  const count = (passes.get(point) ?? 0) + 1;
  passes.set(point, count);
  if (wanted === `${point}@${count}`) process.kill(process.pid, 'SIGKILL');
}

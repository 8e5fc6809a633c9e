import type { TaskView } from '../projections/task-view.ts';

/** What is said where a followed log has ended with its task although somebody could still write to it. */
export function heldOpenNote({ id }: TaskView): string {
  return `task ${id} has ended, but processes that it left behind hold its output open; more may come in: ghost log ${id}\n`;
}

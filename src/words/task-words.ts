import { constants } from 'node:os';

import type { Client } from '../client/api.ts';
import type { TaskView } from '../projections/task-view.ts';

/** One line about a task, for people and scripts: `42 exited 0`, `42 failed 3`, `42 killed SIGTERM`, `42 lost`. */
export function taskLine({ id, state, exitCode, signal }: TaskView): string {
  return [id, state, exitCode ?? signal ?? []].flat().join(' ');
}

/** How it ended, in one word: its exit code, the signal that ended it, or `-` for what is not known or not yet so. */
export function exitWord({ exitCode, signal }: TaskView): string {
  return String(exitCode ?? signal ?? '-');
}

/** `1 task runs`, `3 tasks run`. */
export function counted(count: number, { one, many }: { readonly one: string; readonly many: string }): string {
  return count === 1 ? `1 ${one}` : `${count} ${many}`;
}

/**
 * The exit status that stands for the end of a task: its exit code; 128+n where signal n ended it; 127 or 126 where its
 * command was not found or not executable, which only its events tell; 1 where it is lost or could not be started.
 */
export async function taskExitStatus(task: TaskView, client: Client): Promise<number> {
  if (task.exitCode !== null) return task.exitCode;
  if (task.signal !== null) return 128 + signalNumber(task.signal);
  return task.state === 'failed' ? await startFailureStatus(task, client) : 1;
}

/** The number of a signal by its name; 0 for one that this platform does not have. */
export function signalNumber(name: string): number {
  const known = new Map(Object.entries(constants.signals)).get(name);
  if (known !== undefined) return known;
  // Real-time signals have no entry there. SIGRTMIN is 34 with glibc and musl alike (signal(7)).
  const realTime = /^SIGRTMIN(?:\+(\d+))?$/.exec(name);
  return realTime === null ? Number(/^SIG(\d+)$/.exec(name)?.[1] ?? 0) : 34 + Number(realTime[1] ?? 0);
}

async function startFailureStatus({ id }: TaskView, client: Client): Promise<number> {
  const { events } = await client.show(String(id));
  const failure = events.find((event) => event.type === 'TaskStartFailed');
  switch (failure?.data.reason) {
    case 'command-not-found':
      return 127;
    case 'command-not-executable':
      return 126;
    case 'cwd-not-usable':
    case 'spawn-failed':
    case undefined:
      return 1;
  }
}

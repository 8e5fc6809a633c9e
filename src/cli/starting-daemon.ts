import { resolvePaths } from '../paths.ts';
import { readStartProgress, startProgressText } from '../start-progress.ts';

/** What is to be said where no daemon answers: none runs, or one is still busy with what comes before it can. */
export function noDaemonText(environment: Readonly<Record<string, string | undefined>>): string {
  const progress = readStartProgress(resolvePaths(environment));
  if (progress === null) return 'no daemon is running; the next command that needs one starts it';
  return `the daemon (pid ${progress.pid}) is starting; ${startProgressText(progress)}`;
}

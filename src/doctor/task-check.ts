import type { TaskId } from '../journal/events.ts';
import { counted } from '../words/task-words.ts';
import { type Found, ok, someOf, warning } from './finding.ts';
import type { FactsTable, OutputFacts } from './output-facts.ts';
import type { Patient } from './patient.ts';

/** The tasks that run, as the journal has it, against the processes that there are. */
export function checkTasks({ processes, daemon }: Patient, facts: FactsTable): readonly Found[] {
  const running = [...facts].filter(([, { ended }]) => !ended);
  if (running.length === 0) return [ok('tasks', 'none runs')];
  if (processes === null) return [];
  const isAlive = (identity: OutputFacts['shim']): boolean => identity !== null && processes.isAlive(identity);
  const orphans = running.filter(([, { shim, identity }]) => shim !== null && !isAlive(shim) && isAlive(identity));
  const over = running.filter(([, { shim, identity }]) => shim !== null && !isAlive(shim) && !isAlive(identity));
  const found: Found[] = [];
  if (orphans.length > 0) {
    found.push(
      warning('tasks', `${numbers(orphans)} run on although what watched over them (the shim) was killed`, {
        hint: 'nothing is to be done: they run on, and how they end cannot be known; ghost stop ID ends one',
      }),
    );
  }
  if (daemon.kind === 'none' && over.length > 0) {
    found.push(
      warning('tasks', `${numbers(over)} ended while no daemon was there to record it`, {
        hint: 'ghost list  (the next daemon records it)',
      }),
    );
  }
  if (found.length > 0) return found;
  const many = counted(running.length, { one: 'task runs', many: 'tasks run' });
  return [ok('tasks', daemon.kind === 'none' ? `${many}, and a daemon takes up what runs` : many)];
}

function numbers(tasks: readonly (readonly [TaskId, OutputFacts])[]): string {
  return `${tasks.length === 1 ? 'task' : 'tasks'} ${someOf(tasks.map(([id]) => String(id)))}`;
}

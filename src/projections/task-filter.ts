import type { TaskState } from './task-view.ts';

/**
 * What tasks somebody asks for. Terms of the same field that can only have one value (state, exit, signal, name, cwd)
 * are alternatives of each other; everything else must hold, and a term with `not` must not hold; of an exit or a
 * signal that means that the task has ended, and otherwise.
 */
export interface TaskFilter {
  readonly terms: readonly FilterTerm[];
  /** Whether hidden tasks are looked at as well. */
  readonly forgotten: boolean;
}

/** One thing that must hold of a task, or with `not` must not. */
export type FilterTerm = { readonly not: boolean } & (
  | { readonly field: 'text'; readonly text: string }
  | { readonly field: 'state'; readonly state: TaskState }
  | { readonly field: 'exit'; readonly code: number }
  /** Such as `SIGTERM`. */
  | { readonly field: 'signal'; readonly signal: string }
  | { readonly field: 'name'; readonly name: string }
  | { readonly field: 'tag'; readonly tag: string }
  /** That folder or one below it. */
  | { readonly field: 'cwd'; readonly folder: string }
  /** Submitted at that time or later, before it: ISO 8601, UTC. */
  | { readonly field: 'since'; readonly time: string }
  | { readonly field: 'until'; readonly time: string }
  /** Took at least, at most so long; of one that runs, so far. */
  | { readonly field: 'longer'; readonly durationMs: number }
  | { readonly field: 'shorter'; readonly durationMs: number }
);

/** A task as somebody would know it who has only seen what was asked for. */
export interface ModelTask {
  readonly id: number;
  readonly command: readonly string[];
  name: string | null;
  tags: readonly string[];
  state: 'running' | 'exited' | 'failed' | 'killed';
  exitCode: number | null;
  signal: string | null;
  hidden: boolean;
}

/** How a task is named in a request. */
export type Reference =
  | { readonly by: 'number'; readonly id: number }
  | { readonly by: 'name'; readonly name: string }
  | { readonly by: 'last' };

/** The table of tasks as it should be: written down by hand, without the folds of ghost's. */
export class TasksModel {
  readonly tasks: ModelTask[] = [];

  add(
    command: readonly string[],
    given: { readonly name: string | null; readonly tags: readonly string[] },
  ): ModelTask {
    const task: ModelTask = {
      id: this.tasks.length + 1,
      command,
      ...given,
      state: 'running',
      exitCode: null,
      signal: null,
      hidden: false,
    };
    this.tasks.push(task);
    return task;
  }

  /** The task that is meant, or undefined. */
  find(reference: Reference): ModelTask | undefined {
    const shown = this.tasks.filter(({ hidden }) => !hidden);
    switch (reference.by) {
      case 'number':
        return this.tasks.find(({ id }) => id === reference.id);
      case 'name':
        return shown.findLast(({ name }) => name === reference.name);
      case 'last':
        return shown.at(-1);
    }
  }

  /** What a list of all shows. */
  listed(): readonly Omit<ModelTask, 'hidden'>[] {
    return this.tasks
      .filter(({ hidden }) => !hidden)
      .map(({ hidden: _, ...task }) => ({ ...task, tags: [...task.tags].toSorted() }));
  }
}

export function wordOf(reference: Reference): string {
  switch (reference.by) {
    case 'number':
      return String(reference.id);
    case 'name':
      return reference.name;
    case 'last':
      return '@last';
  }
}

import type { JournalEvent } from '../journal/events.ts';
import type { TaskFilter } from '../projections/task-filter.ts';
import type { TaskView } from '../projections/task-view.ts';
import type { Task } from '../projections/task.ts';
import type {
  AuditPage,
  EnvironmentValue,
  RebuildProgress,
  RebuildResult,
  RedactResult,
  VerifyProgress,
  VerifyResult,
} from '../protocol/answers.ts';
import { historyPageMax } from '../protocol/limits.ts';
import type { ResultOf, TaskReference } from '../protocol/messages.ts';
import type { AuditOptions, Client } from './api.ts';
import { newRequestId } from './request-id.ts';
import { Requests, signalOf } from './requests.ts';
import { waitingAttemptsMax } from './session.ts';

/** The first page of a history is small: mostly it is all that is wanted. */
const historyFirstPage = 100;
/** How many of the tasks that ended last `table` gives where nothing is said. */
const tableEnded = 30;

/** The part of the client that asks for what is recorded of tasks, as it is and was, and adds to it. */
export abstract class RecordsClient extends Requests {
  async list(options: Parameters<Client['list']>[0] = {}): Promise<readonly TaskView[]> {
    const tasks: TaskView[] = [];
    for await (const page of this.listPages(options)) tasks.push(...page);
    return tasks;
  }

  async *listPages({ states, all = false, at }: Parameters<Client['list']>[0] = {}): AsyncGenerator<
    readonly TaskView[],
    void,
    void
  > {
    for (let after: number | null = 0; after !== null;) {
      const page: ResultOf<'list'> = await this.request('list', { states: states ?? null, all, at: at ?? null, after });
      yield page.tasks;
      after = page.next;
    }
  }

  async show(task: TaskReference, { at }: Parameters<Client['show']>[1] = {}): Promise<ResultOf<'show'>> {
    return await this.request('show', { task, at: at ?? null });
  }

  async *history(
    filter: Partial<TaskFilter> = {},
    { limit = Number.POSITIVE_INFINITY }: Parameters<Client['history']>[1] = {},
  ): AsyncGenerator<TaskView, void, void> {
    let left = limit;
    let before: number | null = null;
    for (let most = historyFirstPage; left > 0; most = historyPageMax) {
      const page: ResultOf<'history'> = await this.request('history', {
        filter: whole(filter),
        before,
        limit: Math.min(left, most),
      });
      yield* page.tasks;
      left -= page.tasks.length;
      before = page.next;
      if (before === null) return;
    }
  }

  async historyStats(filter: Partial<TaskFilter> = {}): Promise<ResultOf<'historyStats'>> {
    return await this.request('historyStats', { filter: whole(filter) });
  }

  async *audit(options: AuditOptions = {}): AsyncGenerator<JournalEvent, { readonly seq: number }, void> {
    const { before = null, types = null, actor = null, follow = false } = options;
    const tasks = options.tasks === undefined ? null : await Promise.all(options.tasks.map((task) => this.pin(task)));
    const since = options.since?.toISOString() ?? null;
    const until = options.until?.toISOString() ?? null;
    const asked = { before, tasks, types, since, until, actor, follow };
    let after = options.after ?? 0;
    let last = options.last ?? null;
    const pages = this.stream({
      open: (connection) => connection.stream('audit', { ...asked, after, last }, signalOf(options)),
      onItem: ({ seq }: AuditPage) => {
        after = seq;
        // Which are the last is known from the first page on.
        last = null;
      },
      attemptsMax: follow ? waitingAttemptsMax : undefined,
    });
    for (;;) {
      const step = await pages.next();
      if (step.done === true) return step.value;
      yield* step.value.events;
    }
  }

  async *verify(): AsyncGenerator<VerifyProgress, VerifyResult, void> {
    return yield* this.stream({
      open: (connection) => connection.stream('verify', {}),
      onItem: (_: VerifyProgress) => undefined,
    });
  }

  async *rebuild(): AsyncGenerator<RebuildProgress, RebuildResult, void> {
    return yield* this.stream({
      open: (connection) => connection.stream('rebuild', {}),
      onItem: (_: RebuildProgress) => undefined,
    });
  }

  async table({ at, ended = tableEnded }: Parameters<Client['table']>[0] = {}): Promise<{
    readonly seq: number;
    readonly tasks: readonly Task[];
  }> {
    // Begun anew on a new connection: what another daemon gives is of another moment.
    return await this.session.persist(async (connection) => {
      const batches = connection.stream('table', { at: at ?? null, ended });
      const tasks: Task[] = [];
      for (;;) {
        const step = await batches.next();
        if (step.done === true) return { seq: step.value.seq, tasks };
        tasks.push(...step.value);
      }
    });
  }

  async environment(
    task: TaskReference,
    { reveal = false }: Parameters<Client['environment']>[1] = {},
  ): Promise<readonly EnvironmentValue[]> {
    return await this.request('environment', { task, reveal });
  }

  async rename(task: TaskReference, name: string | null): Promise<TaskView> {
    return await this.request('rename', { requestId: newRequestId(), task: await this.pin(task), name });
  }

  async tag(task: TaskReference, { add = [], remove = [] }: Parameters<Client['tag']>[1]): Promise<TaskView> {
    return await this.request('tag', { requestId: newRequestId(), task: await this.pin(task), add, remove });
  }

  async redact(task: TaskReference, name: string): Promise<RedactResult> {
    return await this.request('redact', { requestId: newRequestId(), task: await this.pin(task), name });
  }
}

function whole({ terms = [], forgotten = false }: Partial<TaskFilter>): TaskFilter {
  return { terms, forgotten };
}

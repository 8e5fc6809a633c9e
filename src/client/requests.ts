import type { ClientConnection } from '../protocol/client-connection.ts';
import type { EndSignal } from '../protocol/end-signal.ts';
import type { Operation, ParametersOf, ResultOf, StreamOperation, TaskReference } from '../protocol/messages.ts';
import { leaveStream } from './leave-stream.ts';
import { Attempts, type Session } from './session.ts';
import { Stopwatch } from './stopwatch.ts';

/** What every question to the daemon stands on: asked again, or gone on with, over the next connection. */
export abstract class Requests {
  protected readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  protected async request<O extends Exclude<Operation, StreamOperation>>(
    operation: O,
    parameters: ParametersOf<O>,
  ): Promise<ResultOf<O>> {
    return await this.session.persist(async (connection) => await connection.request(operation, parameters));
  }

  /** A stream that goes on over the next connection where the last one ended. */
  protected async *stream<Item, End>({
    open,
    onItem,
    attemptsMax,
  }: {
    readonly open: (connection: ClientConnection) => AsyncGenerator<Item, End, void>;
    readonly onItem: (item: Item) => void;
    /** Connections that may bring nothing, in a row; left out: as of any request. */
    readonly attemptsMax?: number | undefined;
  }): AsyncGenerator<Item, End, void> {
    const attempts = new Attempts(attemptsMax === undefined ? {} : { max: attemptsMax });
    for (;;) {
      const held = new Stopwatch();
      let items: AsyncGenerator<Item, End, void> | null = null;
      try {
        items = open(await this.session.connection());
        for (;;) {
          const step = await items.next();
          if (step.done === true) return step.value;
          onItem(step.value);
          attempts.startOver();
          yield step.value;
        }
      } catch (error) {
        await this.session.recover(error, { attempts, held });
      } finally {
        // Also when the reader leaves: it cancels the stream. One that has ended takes it calmly.
        if (items !== null) await leaveStream(items);
      }
    }
  }

  /**
   * The number of the task that a name means now. Asked again after a lost connection, `@last` or a name might mean
   * another one.
   */
  protected async pin(task: TaskReference): Promise<TaskReference> {
    return /^\d+$/.test(task) ? task : String((await this.request('show', { task, at: null })).task.id);
  }

  protected async pinAll(tasks: readonly TaskReference[]): Promise<readonly TaskReference[]> {
    return await Promise.all(tasks.map((task) => this.pin(task)));
  }
}

/** The signal of somebody's options, in the form in which a connection takes it. */
export function signalOf({ signal }: { readonly signal?: EndSignal }): { readonly signal?: EndSignal } {
  return signal === undefined ? {} : { signal };
}

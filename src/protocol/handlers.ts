import type { Actor } from '../journal/events.ts';
import type { ItemOf, Operation, ParametersOf, ResultOf, StreamOperation } from './messages.ts';

/** The daemon's side of every operation, as `DaemonConnection` calls it. */

/** What a handler knows of the request besides its parameters. */
export interface RequestContext {
  /** Who asks. */
  readonly actor: Actor;
  /**
   * Aborted when the client cancels the request or its connection is gone: nobody waits for the answer any more, and
   * the handler is to settle soon, however it likes.
   */
  readonly signal: AbortSignal;
}

/** The answer to each operation. Parameters are validated; a GhostError that is thrown goes to the client as it is. */
export type Handlers = RequestHandlers & StreamHandlers;

export type RequestHandlers = {
  readonly [O in Exclude<Operation, StreamOperation>]: (
    parameters: ParametersOf<O>,
    context: RequestContext,
  ) => Promise<ResultOf<O>>;
};

/** Called when the first item is wanted, and then only as far as the reader asks for more. */
export type StreamHandlers = {
  readonly [O in StreamOperation]: (
    parameters: ParametersOf<O>,
    context: RequestContext,
  ) => AsyncGenerator<ItemOf<O>, ResultOf<O>, void>;
};

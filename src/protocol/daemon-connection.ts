import type { Duplex } from 'node:stream';

import { GhostError } from '../ghost-error.ts';
import type { Actor } from '../journal/events.ts';
import { Turns } from '../turns.ts';
import { type ClientEnvelope, readClientMessage } from './envelope.ts';
import { FrameChannel } from './frame-channel.ts';
import type { Handlers, RequestContext, RequestHandlers, StreamHandlers } from './handlers.ts';
import {
  faultLingerMs,
  frameBytesMax,
  frameStallMs,
  helloTimeoutMs,
  messagesAtOnceMax,
  outgoingBytesMax,
  protocolVersion,
  requestBytesMax,
  requestsPerConnectionMax,
} from './limits.ts';
import type { DaemonMessage, Hello, Operation, StreamOperation } from './messages.ts';
import { StreamWindow } from './stream-window.ts';
import { isStreamOperation, parseOperation, parseParameters } from './validate.ts';

interface DaemonConnectionOptions {
  /** What the daemon says of itself. */
  readonly program: string;
  readonly pid: number;
  readonly handlers: Handlers;
  /** Whom the requests of this connection are recorded under. Called once, with the client's hello. */
  readonly actorOf: (hello: Hello) => Actor;
  /** A handler threw what is no GhostError. The client is told nothing of it but that it happened. */
  readonly onInternalError: (error: unknown) => void;
  /** What is said of an error that is no fault of ghost's, but of what it stands on; null where it is one. */
  readonly explain?: (error: unknown) => GhostError | null;
  readonly helloTimeoutMs?: number;
}

type Request = Extract<ClientEnvelope, { kind: 'request' }>;

/** Why a request is aborted whose client wants no answer any more. */
const cancelled = new Error('the client has cancelled it');

type LastWord = Extract<DaemonMessage, { kind: 'response' | 'end' | 'error' }>;

/** What may take a whole frame to answer, and is answered without waiting for anything to happen. */
const longAnswers: ReadonlySet<string> = new Set<Operation>(['list', 'show', 'history', 'historyStats', 'environment']);

interface UnderWay {
  readonly abort: AbortController;
  readonly window: StreamWindow;
}

/**
 * The daemon's half of a connection, over any two-way stream of bytes.
 *
 * Whatever a client does costs its own connection at most: what is no message ends it with a `fault`, what is a wrong
 * request is answered with an error, and one who does not read holds one item of each stream and stops being read.
 */
export class DaemonConnection {
  /** Settles when the connection is gone and every handler has been told. */
  readonly closed: Promise<void>;
  readonly #options: DaemonConnectionOptions;
  readonly #channel: FrameChannel;
  readonly #turns = new Turns();
  readonly #underWay = new Map<number, UnderWay>();
  #actor: Actor | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(duplex: Duplex, options: DaemonConnectionOptions) {
    this.#options = options;
    const closed = Promise.withResolvers<void>();
    this.closed = closed.promise;
    this.#channel = new FrameChannel(duplex, {
      bytesMax: { in: requestBytesMax, out: frameBytesMax },
      from: 'anybody',
      messagesAtOnceMax,
      stallMs: frameStallMs,
      onMessage: (message) => this.#take(readClientMessage(message)),
      onFlaw: (error) => this.#fault(error),
      onClose: () => {
        clearTimeout(this.#timer);
        this.#abortAll();
        duplex.destroy();
        closed.resolve();
      },
    });
    this.#timer = setTimeout(() => this.#helloIsLate(), options.helloTimeoutMs ?? helloTimeoutMs);
    const { program, pid } = options;
    this.#channel.send({ kind: 'hello', protocol: protocolVersion, program, pid, terminal: null } satisfies Hello);
  }

  /**
   * Lets the answers that are ready go out, then ends the connection. What is still under way is given up; its client
   * sees the end and asks the next daemon.
   */
  async close(): Promise<void> {
    // An answer that was given in this turn of the event loop is on its way through promises.
    await new Promise(setImmediate);
    this.#abortAll();
    await Promise.race([this.#turns.settled(), this.closed]);
    this.#channel.end();
    await this.closed;
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#channel.destroy();
  }

  #take(message: ClientEnvelope): void {
    if (message.kind === 'hello') return this.#greet(message);
    if (this.#actor === null) throw outOfOrder(`a ${message.kind} came before the hello`);
    switch (message.kind) {
      case 'request':
        return this.#accept(message, this.#actor);
      case 'more':
        // For one that has ended meanwhile it is late, not wrong. The same holds for `cancel`.
        return this.#underWay.get(message.id)?.window.add(message.items);
      case 'cancel':
        return this.#underWay.get(message.id)?.abort.abort(cancelled);
    }
  }

  #greet(hello: Hello): void {
    if (this.#actor !== null) throw outOfOrder('a second hello came');
    clearTimeout(this.#timer);
    if (hello.protocol !== protocolVersion) {
      this.#fault(
        new GhostError(
          'protocol-mismatch',
          `the daemon speaks version ${protocolVersion} of the protocol, ${hello.program} speaks ${hello.protocol}`,
        ),
      );
      return;
    }
    this.#actor = this.#options.actorOf(hello);
  }

  #accept(request: Request, actor: Actor): void {
    const { id } = request;
    if (this.#underWay.has(id)) throw outOfOrder(`the id ${id} was used again while it was under way`);
    if (this.#underWay.size >= requestsPerConnectionMax) {
      const message = `a connection may have ${requestsPerConnectionMax} requests under way, and has`;
      this.#send({ kind: 'error', id, error: new GhostError('invalid-request', message, { field: 'id' }).toShape() });
      return;
    }
    const abort = new AbortController();
    const underWay = { abort, window: new StreamWindow(abort.signal) };
    this.#underWay.set(id, underWay);
    const answer = async (): Promise<LastWord> =>
      await this.#answer(request, { underWay, context: { actor, signal: abort.signal } });
    if (!longAnswers.has(request.operation)) {
      void answer().then((word) => {
        if (this.#channel.isFull) this.#whenThereIsRoom(() => this.#end(word));
        else this.#end(word);
      });
      return;
    }
    this.#whenThereIsRoom(async () => this.#end(await answer()));
    if (this.#channel.isFull) this.#readNoMore();
  }

  /**
   * Answers that may be large come one after the other, each worked out when there is room for it: else a client that asks
   * a thousand times for a long list, and reads none of it, has a thousand lists made at once.
   */
  #whenThereIsRoom(work: () => Promise<void> | void): void {
    void this.#turns.take(async () => {
      await this.#channel.drained();
      await work();
    });
  }

  /** From here on the id is free again. What was given up with the connection gets no word: it is asked of the next daemon. */
  #end(word: LastWord): void {
    const signal = this.#underWay.get(word.id)?.abort.signal;
    this.#underWay.delete(word.id);
    if (signal?.aborted !== true || signal.reason === cancelled) this.#send(word);
  }

  /** Gives exactly one last word for each request, also for one that was cancelled. */
  async #answer(
    request: Request,
    { underWay, context }: { underWay: UnderWay; context: RequestContext },
  ): Promise<LastWord> {
    const { id } = request;
    let answer: LastWord;
    try {
      // One that had to wait for its turn may have been given up meanwhile.
      context.signal.throwIfAborted();
      const operation = parseOperation(request.operation);
      answer = isStreamOperation(operation)
        ? { kind: 'end', id, result: await this.#runStream(operation, { request, underWay, context }) }
        : { kind: 'response', id, result: await this.#runRequest(operation, { request, context }) };
    } catch (error) {
      answer = { kind: 'error', id, error: this.#toShape(error, { request, context }) };
    }
    return context.signal.aborted ? { kind: 'end', id, result: null } : answer;
  }

  async #runRequest<O extends Exclude<Operation, StreamOperation>>(
    operation: O,
    { request, context }: { request: Request; context: RequestContext },
  ): Promise<unknown> {
    const handlers: RequestHandlers = this.#options.handlers;
    return await handlers[operation](parseParameters(operation, request.parameters), context);
  }

  async #runStream<O extends StreamOperation>(
    operation: O,
    { request, underWay, context }: { request: Request; underWay: UnderWay; context: RequestContext },
  ): Promise<unknown> {
    const handlers: StreamHandlers = this.#options.handlers;
    const { id } = request;
    const parameters = parseParameters(operation, request.parameters);
    // Each item is made when there is room for it, and not before: one who does not read may ask for a thousand streams.
    await this.#channel.drained();
    if (context.signal.aborted) return null;
    let result: unknown = null;
    const items = handlers[operation](parameters, context);
    const itemsThenResult = (async function* () {
      result = yield* items;
    })();
    for await (const item of itemsThenResult) {
      if (context.signal.aborted) break;
      this.#channel.send({ kind: 'item', id, item } satisfies DaemonMessage);
      underWay.window.spend();
      await underWay.window.room();
      await this.#channel.drained();
      if (context.signal.aborted) break;
    }
    return result;
  }

  #send(message: LastWord): void {
    try {
      this.#channel.send(message);
    } catch (error) {
      this.#channel.send({ kind: 'error', id: message.id, error: this.#unsendable(error) } satisfies DaemonMessage);
    }
    if (this.#channel.outgoingBytes > outgoingBytesMax) this.#readNoMore();
  }

  /** Until what was sent has been taken. */
  #readNoMore(): void {
    this.#channel.pause();
    void this.#channel.drained().then(() => this.#channel.resume());
  }

  #unsendable(error: unknown) {
    if (error instanceof GhostError && error.code === 'request-too-large') {
      const message = `the answer is larger than a message may be (${frameBytesMax} bytes)`;
      return new GhostError('request-too-large', message, { hint: 'ask for less at once' }).toShape();
    }
    this.#options.onInternalError(error);
    return internalError('an answer').toShape();
  }

  #toShape(error: unknown, { request, context }: { request: Request; context: RequestContext }) {
    if (error instanceof GhostError) return error.toShape();
    // A handler that stops because it was told to may throw whatever it likes.
    if (!context.signal.aborted) this.#options.onInternalError(error);
    return (this.#options.explain?.(error) ?? internalError(request.operation)).toShape();
  }

  #helloIsLate(): void {
    // After a pause of this process the hello may be there and only not read yet.
    setImmediate(() => {
      if (this.#actor === null && this.#channel.isOpen) this.#fault(outOfOrder('no hello came'));
    });
  }

  /** Ends the connection with a word that the client gets to read: what it still sends is taken and thrown away. */
  #fault(error: GhostError): void {
    clearTimeout(this.#timer);
    this.#abortAll();
    this.#channel.send({ kind: 'fault', error: error.toShape() } satisfies DaemonMessage);
    this.#channel.end();
    this.#timer = setTimeout(() => this.#channel.destroy(), faultLingerMs);
  }

  #abortAll(): void {
    for (const { abort } of this.#underWay.values()) abort.abort();
  }
}

function outOfOrder(what: string): GhostError {
  return new GhostError('protocol-violation', `the protocol was not kept: ${what}`);
}

function internalError(operation: string): GhostError {
  return new GhostError('internal', `the daemon failed over ${operation}; this is a fault of ghost's`, {
    hint: 'look into daemon.log in the data folder',
  });
}

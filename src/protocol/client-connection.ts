import type { Duplex } from 'node:stream';

import { GhostError } from '../ghost-error.ts';
import type { EndSignal } from './end-signal.ts';
import { readDaemonMessage } from './envelope.ts';
import { FrameChannel } from './frame-channel.ts';
import {
  frameBytesMax,
  helloTimeoutMs,
  protocolVersion,
  requestBytesMax,
  requestsPerConnectionMax,
  streamWindowItems,
} from './limits.ts';
import type {
  ClientMessage,
  DaemonMessage,
  Hello,
  ItemOf,
  Operation,
  ParametersOf,
  ResultOf,
  StreamOperation,
} from './messages.ts';
import { SlotQueue } from './slot-queue.ts';
import { StreamInbox } from './stream-window.ts';

export interface ClientConnectionOptions {
  /** What the client says of itself. */
  readonly program: string;
  readonly pid: number;
  readonly terminal: string | null;
  readonly helloTimeoutMs?: number;
  /** The error for a daemon that took the connection and says nothing. */
  readonly onSilence?: () => GhostError;
}

/** Where the answer to a request goes. `onItem` says whether the item was one that had been asked for. */
interface Answer {
  readonly onItem: (item: unknown) => boolean;
  readonly onResult: (result: unknown) => void;
  readonly onError: (error: Error) => void;
}

interface Asked {
  readonly operation: Operation;
  readonly parameters: unknown;
  readonly signal: EndSignal | undefined;
  readonly answer: Answer;
}

/** Half a window, so that the daemon has the next request for more before it has run out. */
const itemsBeforeMore = Math.ceil(streamWindowItems / 2);

/**
 * The client's half of a connection, over any two-way stream of bytes. Requests may be made at once: the hello and the
 * first of them go out in one write, and are answered once the daemon's hello has come.
 */
export class ClientConnection {
  /** What the daemon says of itself. Rejects with what ended the connection before that. */
  readonly hello: Promise<Hello>;
  readonly #channel: FrameChannel;
  readonly #answers = new Map<number, Answer>();
  readonly #queue = new SlotQueue();
  readonly #helloArrives = Promise.withResolvers<Hello>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #timer: NodeJS.Timeout;
  readonly #onSilence: () => GhostError;
  #daemon: Hello | null = null;
  #greeting: Hello | null = null;
  #failure: GhostError | null = null;
  #lastId = 0;

  constructor(duplex: Duplex, { program, pid, terminal, ...options }: ClientConnectionOptions) {
    this.hello = this.#helloArrives.promise;
    // Most callers wait for answers and not for this.
    this.hello.catch(() => undefined);
    this.#onSilence = options.onSilence ?? silent;
    this.#channel = new FrameChannel(duplex, {
      bytesMax: { in: frameBytesMax, out: requestBytesMax },
      from: 'daemon',
      onMessage: (message) => this.#take(readDaemonMessage(message)),
      onFlaw: (error) => this.#fail(error),
      onClose: (cause) => {
        this.#fail(connectionLost(cause));
        this.#closed.resolve();
      },
    });
    this.#timer = setTimeout(() => this.#helloIsLate(), options.helloTimeoutMs ?? helloTimeoutMs);
    this.#send({ kind: 'hello', protocol: protocolVersion, program, pid, terminal });
  }

  /** What the daemon has said of itself, also where it speaks another version of the protocol; null before that. */
  get greeting(): Hello | null {
    return this.#greeting;
  }

  /** Whether it can still be used. */
  get isOpen(): boolean {
    return this.#failure === null;
  }

  /**
   * One request, one answer. Aborting the signal rejects at once with its reason, and the daemon is told.
   * @throws GhostError the daemon's own; `connection-lost`; `request-too-large`, `invalid-request` before it is sent.
   */
  async request<O extends Exclude<Operation, StreamOperation>>(
    operation: O,
    parameters: ParametersOf<O>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<ResultOf<O>> {
    while (this.#isFull) await this.#queue.wait(signal);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = this.#ask({
      operation,
      parameters,
      signal,
      answer: { onItem: () => false, onResult: resolve, onError: reject },
    });
    const onAbort = (): void => {
      this.#cancel(id);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return (await promise) as ResultOf<O>;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * One request, many items, and the result at the end. The daemon makes only as many items as are read, a few ahead.
   * Leaving the loop early cancels it. So does aborting the signal, also while it waits for an item: it then throws the
   * signal's reason.
   */
  async *stream<O extends StreamOperation>(
    operation: O,
    parameters: ParametersOf<O>,
    { signal }: { readonly signal?: EndSignal } = {},
  ): AsyncGenerator<ItemOf<O>, ResultOf<O>, void> {
    while (this.#isFull) await this.#queue.wait(signal);
    const inbox = new StreamInbox();
    const id = this.#ask({
      operation,
      parameters,
      signal,
      answer: {
        onItem: (item) => inbox.add(item),
        onResult: (result) => inbox.end(result),
        onError: (error) => inbox.fail(error),
      },
    });
    const onAbort = (): void => {
      this.#cancel(id);
      const reason: unknown = signal?.reason;
      inbox.fail(reason instanceof Error ? reason : new Error(String(reason)));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for (let read = 1; ; read++) {
        const { done, value } = await inbox.next();
        if (done) return value as ResultOf<O>;
        yield value as ItemOf<O>;
        if (read % itemsBeforeMore === 0 && !inbox.hasEnded) this.#send({ kind: 'more', id, items: itemsBeforeMore });
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      if (!inbox.hasEnded) this.#cancel(id);
    }
  }

  /** Ends the connection at once; what is under way is rejected with `connection-lost`. */
  async close(): Promise<void> {
    this.#fail(connectionLost(null));
    await this.#closed.promise;
  }

  /** Whether as many requests are under way as the daemon takes: the others wait here. */
  get #isFull(): boolean {
    return this.#answers.size >= requestsPerConnectionMax;
  }

  #ask({ operation, parameters, signal, answer }: Asked): number {
    try {
      signal?.throwIfAborted();
      if (this.#failure !== null) throw this.#failure;
      const id = ++this.#lastId;
      // The pair of operation and parameters was checked where it came in.
      this.#send({ kind: 'request', id, operation, parameters } as ClientMessage);
      this.#answers.set(id, answer);
      return id;
    } finally {
      // Whoever was woken for a slot and then did not ask, because it was aborted or is too large, passes it on.
      if (!this.#isFull) this.#queue.wakeNext();
    }
  }

  /** The daemon still gives its last word for it, and only then is the slot free. */
  #cancel(id: number): void {
    if (!this.#answers.has(id)) return;
    this.#answers.set(id, { onItem: () => true, onResult: () => undefined, onError: () => undefined });
    this.#send({ kind: 'cancel', id });
  }

  #send(message: ClientMessage): void {
    this.#channel.send(message);
  }

  #take(message: DaemonMessage): void {
    if (message.kind === 'fault') return this.#fail(GhostError.fromShape(message.error));
    if (message.kind === 'hello') return this.#greet(message);
    if (this.#daemon === null) throw violation(`a ${message.kind} came before the hello`);
    const answer = this.#answers.get(message.id);
    if (answer === undefined) throw violation(`a ${message.kind} came for nothing that was asked`);
    if (message.kind === 'item') {
      if (!answer.onItem(message.item)) throw violation('an item came that was not asked for');
      return;
    }
    this.#answers.delete(message.id);
    this.#queue.wakeNext();
    if (message.kind === 'error') answer.onError(GhostError.fromShape(message.error));
    else answer.onResult(message.result);
  }

  #greet(hello: Hello): void {
    if (this.#daemon !== null) throw violation('a second hello came');
    clearTimeout(this.#timer);
    this.#greeting = hello;
    if (hello.protocol !== protocolVersion) return this.#fail(mismatch(hello));
    this.#daemon = hello;
    this.#helloArrives.resolve(hello);
  }

  #helloIsLate(): void {
    // After a pause of this process the hello may be there and only not read yet.
    setImmediate(() => {
      if (this.#daemon === null && this.#failure === null) this.#fail(this.#onSilence());
    });
  }

  #fail(error: GhostError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    clearTimeout(this.#timer);
    this.#channel.destroy();
    this.#helloArrives.reject(error);
    for (const answer of this.#answers.values()) answer.onError(error);
    this.#answers.clear();
    this.#queue.wakeAll();
  }
}

function connectionLost(cause: Error | null): GhostError {
  return new GhostError('connection-lost', 'the connection to the daemon was lost before it had answered', {
    hint: 'ghost status',
    ...(cause === null ? {} : { cause }),
  });
}

function silent(): GhostError {
  return new GhostError('daemon-stuck', 'the daemon took the connection and says nothing');
}

function violation(what: string): GhostError {
  return new GhostError('protocol-violation', `the daemon did not keep to the protocol: ${what}`);
}

function mismatch({ protocol, program, pid }: Hello): GhostError {
  return new GhostError(
    'protocol-mismatch',
    `this ghost speaks version ${protocolVersion} of the protocol, the daemon (${program}, pid ${pid}) version ${protocol}`,
    {
      hint:
        protocol > protocolVersion
          ? 'npm install -g ghost-journal@latest  (the daemon is newer than this ghost)'
          : 'ghost list  (it replaces the daemon, and leaves its tasks running)',
    },
  );
}

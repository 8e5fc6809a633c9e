import { Packr } from 'msgpackr';

import { exitStatusOf, type GhostErrorShape } from '../../../src/ghost-error.ts';
import type { DaemonMessage, Operation, ParametersOf } from '../../../src/protocol/messages.ts';
import { greeting, type RawClient } from '../../protocol/served.ts';
import { GhostHome } from '../../support/ghost-home.ts';
import { connectRaw, errorsLogged, frameOf } from '../../support/raw-daemon.ts';
import { until } from '../../support/until.ts';
import { complaint, type FuzzRun, type FuzzTarget, oneOf, type Random } from '../fuzz-target.ts';
import { mutated } from '../mutate.ts';

/** As many messages in a round, over one connection after the other. */
const messagesPerRound = 200;
/** How long an answer may take: nothing that is asked here waits for anything. */
const answerMsMax = 20_000;

/** Requests that are right, of every operation but the one that ends the daemon. */
const right: { readonly [O in Exclude<Operation, 'shutdown'>]: ParametersOf<O> } = {
  ping: {},
  status: {},
  run: {
    requestId: 'fuzz',
    command: ['true', 'a'],
    cwd: '/',
    environment: [['PATH', '/usr/bin:/bin']],
    umask: 0o22,
    openFilesSoftLimit: null,
    name: null,
    tags: ['fuzz'],
    timeoutMs: null,
  },
  restart: { requestId: 'fuzz-restart', task: '1' },
  list: { states: ['exited'], all: true, at: null, after: 0 },
  show: { task: '1', at: { kind: 'event', seq: 3 } },
  history: {
    filter: {
      terms: [
        { field: 'text', not: false, text: 'a' },
        { field: 'exit', not: true, code: 1 },
        { field: 'since', not: false, time: '2020-01-01T00:00:00.000Z' },
        { field: 'cwd', not: false, folder: '/' },
        { field: 'longer', not: false, durationMs: 0 },
        { field: 'signal', not: true, signal: 'SIGTERM' },
      ],
      forgotten: false,
    },
    before: null,
    limit: 10,
  },
  historyStats: { filter: { terms: [{ field: 'tag', not: false, tag: 'fuzz' }], forgotten: true } },
  audit: {
    after: 0,
    before: null,
    tasks: ['1'],
    types: ['TaskSubmitted'],
    since: null,
    until: '2040-01-01T00:00:00.000Z',
    actor: 'ghost',
    last: 10,
    follow: false,
  },
  verify: {},
  rebuild: {},
  table: { at: { kind: 'time', time: '2030-01-01T00:00:00.000Z' }, ended: 10 },
  environment: { task: '1', reveal: true },
  rename: { requestId: 'fuzz-rename', task: '1', name: 'one' },
  tag: { requestId: 'fuzz-tag', task: '1', add: ['x'], remove: ['y'] },
  redact: { requestId: 'fuzz-redact', task: '1', name: 'SECRET' },
  stop: { requestId: 'fuzz-stop', task: '1', graceMs: 1_000 },
  signal: { requestId: 'fuzz-signal', task: '2', signal: 'SIGCONT' },
  wait: { tasks: ['1', '1'], mode: 'all', timeoutMs: 10 },
  log: {
    task: '1',
    streams: 'both',
    follow: false,
    lines: 5,
    cursor: null,
    before: { stdout: 3, stderr: 0 },
    since: '2020-01-01T00:00:00.000Z',
    until: null,
    batches: true,
  },
  watch: { after: 0 },
  prune: {
    requestId: 'fuzz-prune',
    endedBefore: '2020-01-01T00:00:00.000Z',
    keepTasks: 1_000_000,
    maxBytes: null,
    tasks: ['1'],
    forget: false,
    dryRun: true,
  },
};
const operations = Object.keys(right) as [Operation, ...Operation[]];

/** What may go on until it is called off. */
const goesOn: ReadonlySet<Operation> = new Set<Operation>(['wait', 'log', 'watch', 'audit', 'stop']);

/** MessagePack as it comes, with all that the wire forbids. */
const lax = new Packr({ useRecords: false, moreTypes: true });

/** Answered after what is wrong with a request that came before them. */
const pings = Buffer.concat(
  [2, 3].map((id) => frameOf(lax.pack({ kind: 'request', id, operation: 'ping', parameters: {} }))),
);

/** The messages of the wire, as a client sends them that has gone wrong. */
export const messages: FuzzTarget = {
  name: 'messages',
  begin: async () => {
    const home = new GhostHome();
    await home.complete(['-t', 'fuzz', 'sh', '-c', 'echo out; echo err >&2']);
    await home.run(['sleep', '3600']);
    return new MessageRun(home, await until('a daemon', () => home.daemonPid()));
  },
};

class MessageRun implements FuzzRun {
  readonly #home: GhostHome;
  readonly #pid: number;
  #client: RawClient | null = null;

  constructor(home: GhostHome, pid: number) {
    this.#home = home;
    this.#pid = pid;
  }

  async round(random: Random): Promise<readonly string[]> {
    // In every other round each message is wrong for certain, and nothing may be recorded.
    const isRefused = random(2) === 0;
    const before = this.#home.events().length;
    const complaints: string[] = [];
    for (let message = 0; message < messagesPerRound; message += 1) {
      complaints.push(...(await this.#send(oneOf(random, operations), { random, isRefused })));
    }
    const recorded = this.#home.events().length - before;
    if (isRefused && recorded > 0) complaints.push(`refused messages left ${recorded} events`);
    if (this.#home.daemonPid() !== this.#pid) complaints.push('the daemon is gone');
    const verified = await this.#home.ghost(['audit', '--verify']);
    if (verified.status !== 0) complaints.push(complaint('the journal does not hold', verified));
    return [...complaints, ...errorsLogged(this.#home).map((line) => complaint('the daemon failed', line))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.socket.destroy();
    await this.#home[Symbol.asyncDispose]();
  }

  async #send(
    operation: Operation,
    { random, isRefused }: { readonly random: Random; readonly isRefused: boolean },
  ): Promise<readonly string[]> {
    const id = 1;
    const valid = right[operation as keyof typeof right];
    let parameters: unknown = valid;
    for (let times = random(3); times > 0; times -= 1) parameters = mutated(parameters, random);
    if (isRefused) parameters = isMap(parameters) ? { ...parameters, '': 1 } : { junk: parameters };
    let message: unknown = { kind: 'request', id, operation, parameters };
    // Now and then it is the envelope that is wrong; a request can be right all the same only by chance.
    if (random(10) === 0) message = mutated(isRefused ? { ...Object(message), kind: 'no' } : message, random);
    let body;
    try {
      body = lax.pack(message);
    } catch {
      return [];
    }
    const client = (this.#client ??= await this.#connect());
    client.socket.write(Buffer.concat([frameOf(body), ...(goesOn.has(operation) ? [pings] : [])]));
    return this.#judge(await lastWord(client, id), message);
  }

  #judge(word: DaemonMessage | 'late' | null, message: unknown): readonly string[] {
    if (word === null || word === 'late') {
      this.#drop();
      return [complaint(word === null ? 'hung up on without a word' : 'no answer came', message)];
    }
    if (word.kind === 'fault') this.#drop();
    if (word.kind !== 'fault' && word.kind !== 'error') return [];
    return flawsOf(word.error).map((flaw) => complaint(flaw, { message, error: word.error }));
  }

  #drop(): void {
    this.#client?.socket.destroy();
    this.#client = null;
  }

  async #connect(): Promise<RawClient> {
    const client = await connectRaw(this.#home);
    client.send(greeting);
    await client.next();
    return client;
  }
}

/** The last word on a request, or what the connection ended with. What goes on after the pings is called off. */
async function lastWord(client: RawClient, id: number): Promise<DaemonMessage | 'late' | null> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), answerMsMax);
  try {
    for (;;) {
      const message = await Promise.race([client.next(), late.promise]);
      if (message === null || message === 'late' || message.kind === 'fault') return message;
      if (message.kind === 'hello' || message.kind === 'item') continue;
      if (message.id === 3) client.send({ kind: 'cancel', id });
      if (message.id !== 2 && message.id !== 3) return message;
    }
  } finally {
    clearTimeout(timer);
  }
}

function flawsOf({ code, message, hint }: GhostErrorShape): readonly string[] {
  const flaws: string[] = [];
  if (code === 'internal') flaws.push('an internal error');
  if (typeof exitStatusOf(code) !== 'number') flaws.push('a code that is not known');
  if (message === '' || /\n {4}at /.test(message + hint)) flaws.push('an error that says nothing, or too much');
  return flaws;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

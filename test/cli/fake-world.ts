import { runCli } from '../../src/cli/cli.ts';
import type { CliWorld, CommandResult } from '../../src/cli/command.ts';
import type { Output } from '../../src/cli/output.ts';
import type { Client } from '../../src/client/api.ts';
import { fakeClient } from './fake-client.ts';

/** An output that keeps what is written; with columns it is a terminal, and a reader may leave after some bytes. */
export class KeptOutput implements Output {
  readonly columns: number | null;
  readonly #bytesMax: number;
  readonly #written: Buffer[] = [];
  closed = false;

  constructor({ columns = null, bytesMax = Infinity }: { columns?: number | null; bytesMax?: number } = {}) {
    this.columns = columns;
    this.#bytesMax = bytesMax;
  }

  get isTerminal(): boolean {
    return this.columns !== null;
  }

  write(data: string | Uint8Array): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.#written.push(Buffer.from(data));
    this.closed = this.bytes.length >= this.#bytesMax;
    return Promise.resolve();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#written);
  }

  get text(): string {
    return this.bytes.toString();
  }
}

interface Said {
  readonly result: CommandResult;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
  /** Whether a daemon would have been started, for each connection asked for. */
  readonly starts: readonly boolean[];
}

export type WorldParts = Partial<CliWorld> & { readonly client?: Partial<Client> };

/** Runs `ghost ARGV` in a made-up world (2026-11-22 14:05:00 UTC, in /srv/app) and gives back all that it said. */
export async function ghost(argv: readonly string[], { client = {}, ...parts }: WorldParts = {}): Promise<Said> {
  const stdout = new KeptOutput();
  const stderr = new KeptOutput();
  const starts: boolean[] = [];
  const world: CliWorld = {
    stdout,
    stderr,
    environment: {},
    connect: ({ start }) => {
      starts.push(start);
      return Promise.resolve(fakeClient(client));
    },
    now: () => Date.parse('2026-11-22T14:05:00.000Z'),
    cwd: () => '/srv/app',
    callerEnvironment: () => [['PATH', '/bin']],
    rawArguments: () => null,
    openInput: () => {
      throw new Error('the test did not expect a file to be read');
    },
    onSignal: () => {},
    users: { nameOf: (uid) => (uid === 1000 ? 'ada' : null), uid: 1000 },
    loadVerifier: () => Promise.reject(new Error('the test did not expect the verifier')),
    after: () => {
      throw new Error('the test did not expect a pause');
    },
    openKeyInput: () => Promise.resolve(null),
    loadDaemon: () => Promise.reject(new Error('the test did not expect the daemon')),
    stdinIsTerminal: () => false,
    loadScreen: () => Promise.reject(new Error('the test did not expect the screen')),
    loadDoctor: () => Promise.reject(new Error('the test did not expect the doctor')),
    ...parts,
  };
  const result = await runCli(argv, world);
  const kept = (output: Output): Buffer => (output instanceof KeptOutput ? output.bytes : Buffer.alloc(0));
  return {
    result,
    stdout: kept(world.stdout).toString(),
    stderr: kept(world.stderr).toString(),
    stdoutBytes: kept(world.stdout),
    starts,
  };
}

import type { Client, RunRequest } from '../client/api.ts';
import { messageOf } from '../error-message.ts';
import { GhostError, type GhostErrorCode } from '../ghost-error.ts';
import type { TaskView } from '../projections/task-view.ts';
import { quietJson } from '../quiet-json.ts';
import { signalNumber } from '../words/task-words.ts';
import { visible } from '../words/visible.ts';
import { type BatchLine, batchLines } from './batch-lines.ts';
import type { CommandContext, InterruptSignal } from './command.ts';
import { readerGoneStatus } from './output.ts';
import { ProgressLine } from './progress-line.ts';

/**
 * Requests that are under way at a time: enough that the daemon always has the next one, few enough that the first
 * answers come soon and that Ctrl-C leaves little to wait for.
 */
export const batchUnderWayMax = 32;

/** What became of a line. */
type Outcome =
  | { readonly line: number; readonly task: TaskView }
  | { readonly line: number; readonly error: GhostError };

interface BatchOptions {
  readonly context: CommandContext;
  readonly input: AsyncIterable<Uint8Array>;
  readonly requestOf: (line: string) => RunRequest;
  readonly json: boolean;
}

/**
 * Starts a task for each line, many at a time, and tells what came of each in the order of the lines. Lines are read no
 * faster than tasks are started. A line that is wrong keeps nobody from the others; what is wrong with the daemon or the
 * disk ends it all.
 */
export class Batch {
  readonly #context: CommandContext;
  readonly #input: AsyncIterable<Uint8Array>;
  readonly #requestOf: (line: string) => RunRequest;
  readonly #json: boolean;
  readonly #progress: ProgressLine;
  readonly #stop = Promise.withResolvers<null>();
  /** Ends when everything that was submitted so far has been told. */
  #told: Promise<void> = Promise.resolve();
  #underWay = 0;
  #onRoom: () => void = () => undefined;
  #started = 0;
  #refused = 0;
  #failure: GhostError | null = null;
  #interrupt: InterruptSignal | null = null;

  constructor({ context, input, requestOf, json }: BatchOptions) {
    this.#context = context;
    this.#progress = new ProgressLine(context);
    this.#input = input;
    this.#requestOf = requestOf;
    this.#json = json;
  }

  /** @throws GhostError what is wrong with the daemon, the disk or the file. What was started has been told before. */
  async result(): Promise<number> {
    const again = Promise.withResolvers<void>();
    this.#context.onSignal((signal) => {
      // Whoever is in a hurry and asks twice does not get to see the numbers of what is just being started.
      if (this.#interrupt !== null) again.resolve();
      this.#interrupt = signal;
      this.#stop.resolve(null);
    });
    // A daemon that brings a large journal up to date before it listens takes minutes.
    const client = await Promise.race([this.#context.connect({ start: true }), this.#stop.promise]);
    if (client !== null) await Promise.race([this.#submitAll(client).then(() => this.#told), again.promise]);
    await this.#progress.clear();
    if (this.#failure !== null) throw this.#failure;
    if (this.#interrupt !== null) return await this.#leave(this.#interrupt);
    if (this.#context.stdout.closed) return readerGoneStatus;
    return this.#refused === 0 ? 0 : 1;
  }

  async #submitAll(client: Client): Promise<void> {
    const lines = batchLines(this.#input);
    for (;;) {
      if (this.#underWay >= batchUnderWayMax) await Promise.race([this.#room(), this.#stop.promise]);
      const step = await Promise.race([this.#next(lines), this.#stop.promise]);
      // The reading is left to the process's end: it cannot be called off while it waits.
      if (step === null || step.done === true) return;
      this.#submit(step.value, client);
    }
  }

  async #next(lines: AsyncGenerator<BatchLine, void, void>): Promise<IteratorResult<BatchLine, void> | null> {
    try {
      return await lines.next();
    } catch (error) {
      this.#fail(new GhostError('usage', `the batch cannot be read: ${messageOf(error)}`));
      return null;
    }
  }

  #submit(line: BatchLine, client: Client): void {
    const outcome = this.#outcomeOf(line, client);
    this.#underWay += 1;
    this.#told = this.#told.then(async () => {
      const settled = await outcome;
      try {
        if (settled !== null) await this.#tell(settled);
      } catch (error) {
        // The numbers can be kept nowhere (a full disk, say).
        this.#fail(ghostErrorOf(error));
      }
      this.#underWay -= 1;
      this.#onRoom();
    });
  }

  /** Never rejects. Null where it failed for a reason that is not the line's. */
  async #outcomeOf(line: BatchLine, client: Client): Promise<Outcome | null> {
    try {
      if ('refusal' in line) throw new GhostError('invalid-request', line.refusal);
      return { line: line.number, task: await client.run(this.#requestOf(line.text)) };
    } catch (error) {
      if (error instanceof GhostError && isAboutLine(error.code)) return { line: line.number, error };
      this.#fail(ghostErrorOf(error));
      return null;
    }
  }

  async #tell(outcome: Outcome): Promise<void> {
    const { stdout, stderr } = this.#context;
    if ('task' in outcome) {
      this.#started += 1;
      await stdout.write(`${this.#json ? quietJson(outcome) : outcome.task.id}\n`);
    } else {
      this.#refused += 1;
      const { line, error } = outcome;
      if (this.#json) await stdout.write(`${quietJson({ line, error: shapeOf(error) })}\n`);
      await this.#progress.clear();
      await stderr.write(`ghost: line ${line}: ${visible(error.message)}\n`);
    }
    if (stdout.closed) this.#stop.resolve(null);
    await this.#drawProgress();
  }

  /** The first failure is the cause; what follows from it is not told. */
  #fail(error: GhostError): void {
    this.#failure ??= error;
    this.#stop.resolve(null);
  }

  async #leave(signal: InterruptSignal): Promise<number> {
    const tasks =
      this.#started === 1 ? '1 task was started and goes on' : `${this.#started} tasks were started and go on`;
    // None: it was interrupted before there was a daemon, or in a hurry, and then some may just be starting.
    const what =
      this.#started === 0
        ? 'nothing more is started; see what runs with'
        : `${tasks}, nothing more is started; see them with`;
    await this.#context.stderr.write(`interrupted: ${what}: ghost list\n`);
    return 128 + signalNumber(signal);
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** Only where the numbers go elsewhere: on the same terminal they are progress enough. */
  async #drawProgress(): Promise<void> {
    const { stdout, stderrStyle } = this.#context;
    if (stdout.isTerminal) return;
    const refused = this.#refused === 0 ? '' : `, ${this.#refused} refused`;
    await this.#progress.draw(() => stderrStyle.dim(`${this.#started} started${refused}`));
  }
}

/** As `--json` prints it: what is not there is null. */
function shapeOf(error: GhostError): object {
  const { hint, ...shape } = error.toShape();
  return { ...shape, hint: hint === '' ? null : hint };
}

/** Whether the next line may well be right although this one is not. */
function isAboutLine(code: GhostErrorCode): boolean {
  return [
    'usage',
    'invalid-request',
    'request-too-large',
    'command-not-found',
    'command-not-executable',
    'cwd-not-usable',
    'spawn-failed',
  ].includes(code);
}

function ghostErrorOf(error: unknown): GhostError {
  return error instanceof GhostError ? error : new GhostError('internal', messageOf(error), { cause: error });
}

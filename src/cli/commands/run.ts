import type { Client, RunRequest } from '../../client/api.ts';
import { GhostError } from '../../ghost-error.ts';
import { quietJson } from '../../quiet-json.ts';
import { signalNumber, taskExitStatus } from '../../words/task-words.ts';
import { visible } from '../../words/visible.ts';
import type { Command, CommandContext, InterruptSignal } from '../command.ts';
import { printJson } from '../json-text.ts';
import { jsonPrinter } from '../line-printer.ts';
import { heldOpenNote } from '../log-note.ts';
import { lineLog, type LogWriter, rawLog } from '../log-writer.ts';
import { readerGoneStatus } from '../output.ts';
import type { Invocation } from '../parse.ts';
import { runRequest } from '../run-request.ts';

/** `ghost run`: the number of the new task; with `--follow` its output and its exit status; with `--batch` many numbers. */
export const run: Command = async (invocation, context) => {
  const { options } = invocation;
  const batch = options.value('batch');
  if (batch !== null) return await startBatch(batch, invocation, context);
  const request = runRequest(invocation, context);
  const json = options.has('json');
  if (options.has('follow')) return await new Following({ context, request, json }).result();
  const client = await context.connect({ start: true });
  const task = await client.run(request);
  if (json) await printJson(task, context);
  else await context.stdout.write(`${task.id}\n`);
  return 0;
};

async function startBatch(file: string, invocation: Invocation, context: CommandContext): Promise<number> {
  if (file === '') throw new GhostError('usage', '--batch needs a file', { hint: 'ghost run --batch FILE' });
  const { Batch, batchRequests } = await import('../rare.ts');
  const requestOf = batchRequests(invocation, context);
  const json = invocation.options.has('json');
  return await new Batch({ context, input: context.openInput(file), requestOf, json }).result();
}

/** One `run --follow`, from before its request to the task's end or the signal that ends the following. */
class Following {
  readonly #context: CommandContext;
  readonly #request: RunRequest;
  readonly #json: boolean;
  #task: number | null = null;
  #left = false;

  constructor({ context, request, json }: { context: CommandContext; request: RunRequest; json: boolean }) {
    this.#context = context;
    this.#request = request;
    this.#json = json;
  }

  async result(): Promise<number> {
    const { promise: interrupted, resolve } = Promise.withResolvers<InterruptSignal>();
    this.#context.onSignal(resolve);
    // What still comes in after a signal is left to the process's end.
    return await Promise.race([this.#follow(), interrupted.then((signal) => this.#leave(signal))]);
  }

  /** The task goes on. That is said, and what to type, since Ctrl-C ends the program in any other place. */
  async #leave(signal: InterruptSignal): Promise<number> {
    this.#left = true;
    const task = this.#task;
    await this.#context.stderr.write(
      task === null
        ? 'interrupted before the answer came; whether the task was started: ghost list\n'
        : `task ${task} goes on; see it with: ghost log -f ${task}, stop it with: ghost stop ${task}\n`,
    );
    return 128 + signalNumber(signal);
  }

  async #follow(): Promise<number> {
    const { stdout, stderr, stderrStyle } = this.#context;
    const client = await this.#context.connect({ start: true });
    const { id, ...task } = await client.run(this.#request);
    this.#task = id;
    // With --follow JSON is a feed, an object a line: first the task, then the lines of its log.
    if (this.#json) await stdout.write(`${quietJson({ id, ...task })}\n`);
    else if (stderr.isTerminal) await stderr.write(`${stderrStyle.dim(`task ${id}`)}\n`);
    const writer = this.#json ? lineLog(jsonPrinter(this.#context, { task: null })) : rawLog(this.#context);
    return await this.#copy(client, writer);
  }

  async #copy(client: Client, writer: LogWriter): Promise<number> {
    const { stdout, stderr } = this.#context;
    const chunks = client.log(String(this.#task), { follow: true });
    for (let step = await chunks.next(); ; step = await chunks.next()) {
      // The race is over; nobody waits for this status any more.
      if (this.#left) return readerGoneStatus;
      if (step.done === true) {
        await writer.end();
        const { reason, task } = step.value;
        if (reason === 'ended') await stderr.write(heldOpenNote(task));
        if (task.reason !== null) await stderr.write(`task ${task.id} is ${task.state}: ${visible(task.reason)}\n`);
        return await taskExitStatus(task, client);
      }
      await writer.write(step.value);
      if (stdout.closed) return readerGoneStatus;
    }
  }
}

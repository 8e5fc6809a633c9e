import type { Client } from '../../client/api.ts';
import { GhostError } from '../../ghost-error.ts';
import type { LogChunk } from '../../protocol/answers.ts';
import { durationMsIn, parseDuration } from '../../words/duration.ts';
import { signalNumber } from '../../words/task-words.ts';
import { parseTime } from '../../words/time.ts';
import { visible } from '../../words/visible.ts';
import type { Command, CommandContext, InterruptSignal, KeyInput } from '../command.ts';
import { durationOption } from '../duration-option.ts';
import { jsonPrinter } from '../line-printer.ts';
import { lineLog, type LogWriter, rawLog } from '../log-writer.ts';
import type { ParsedOptions } from '../parse.ts';
import { resolveTimeRange } from '../time-option.ts';
import { Rhythm } from './rhythm.ts';

/** The slowest and the fastest, as many times as it was. */
export const speedMin = 0.1;
export const speedMax = 1000;

/** What the key gives in raw mode, in which it makes no signal. */
const ctrlC = '\u0003';

/**
 * `ghost replay ID`: the log again, piece by piece as it came. Left by `q` it ends with 0, by Ctrl-C or a signal with 128+n
 * as whatever is interrupted does. What lies before `--from` is left out as `ghost log --since` does: it is lines that a
 * log is made of, and no screen that would have to be built up first.
 */
export const replay: Command = async ({ options, words: [task = ''] }, context) => {
  const speed = speedOf(options);
  const idleMsMax = durationOption(options, 'idle-limit') ?? Number.POSITIVE_INFINITY;
  const from = fromOption(options, context);
  const client = await context.connect({ start: true });
  const { task: view } = await client.show(task);
  const startMs = view.startedAt === null ? null : Date.parse(view.startedAt);
  const since = await momentOf(from, { client, startMs });
  const rhythm = new Rhythm(context, { speed, idleMsMax });
  const { promise: interrupted, resolve } = Promise.withResolvers<number>();
  const interrupt = (signal: InterruptSignal): void => {
    rhythm.leave();
    resolve(128 + signalNumber(signal));
  };
  context.onSignal(interrupt);
  const isWatched = context.stdout.isTerminal && !options.has('json');
  using keys = isWatched ? await context.openKeyInput() : null;
  if (keys !== null) steer({ keys, rhythm, interrupt });
  const log = client.log(String(view.id), since === null ? {} : { since });
  const writer = options.has('json') ? lineLog(jsonPrinter(context, { task: null })) : rawLog(context);
  const player = new Player({ rhythm, writer, context, beganMs: since?.getTime() ?? startMs });
  // A reader that takes nothing must not keep an interrupted replay from ending.
  return await Promise.race([player.play(log), interrupted]);
};

interface PlayerParts {
  readonly rhythm: Rhythm;
  readonly writer: LogWriter;
  readonly context: CommandContext;
  /** Where in the recording it begins, or null where that is not known: then with the first piece. */
  readonly beganMs: number | null;
}

class Player {
  readonly #parts: PlayerParts;
  #atMs: number | null;
  #hasToldOfGap = false;

  constructor(parts: PlayerParts) {
    this.#parts = parts;
    this.#atMs = parts.beganMs;
  }

  async play(log: ReturnType<Client['log']>): Promise<number> {
    const { rhythm, writer, context } = this.#parts;
    for (let step = await log.next(); ; step = await log.next()) {
      if (step.done === true) {
        await writer.end();
        if (step.value.reason === 'running') await this.#note('the task runs on; this is its output so far');
        return 0;
      }
      if (!(await rhythm.pause(await this.#pauseBefore(step.value)))) break;
      await writer.write(step.value);
      if (context.stdout.closed) break;
    }
    await log.return({} as never);
    await writer.end();
    return 0;
  }

  async #pauseBefore({ at, missing }: LogChunk): Promise<number> {
    if (at === null || missing !== null) {
      const isGap = missing === null;
      if (isGap && !this.#hasToldOfGap) await this.#note('no daemon ran: of what follows no times are known');
      this.#hasToldOfGap = isGap;
      return 0;
    }
    this.#hasToldOfGap = false;
    const atMs = Date.parse(at);
    const before = this.#atMs ?? atMs;
    this.#atMs = atMs;
    return atMs - before;
  }

  /** For a person only: a program that reads stderr gets what the task wrote there. */
  async #note(text: string): Promise<void> {
    const { stderr, stderrStyle } = this.#parts.context;
    if (stderr.isTerminal) await stderr.write(`${stderrStyle.dim(`ghost: ${text}`)}\n`);
  }
}

function steer({
  keys,
  rhythm,
  interrupt,
}: {
  readonly keys: KeyInput;
  readonly rhythm: Rhythm;
  readonly interrupt: (signal: InterruptSignal) => void;
}): void {
  keys.onKey((key) => {
    if (key === ' ') rhythm.togglePause();
    else if (key === '.') rhythm.step();
    else if (key === 'q') rhythm.leave();
    else if (key === ctrlC) interrupt('SIGINT');
  });
}

function speedOf(options: ParsedOptions): number {
  const text = options.value('speed') ?? '1';
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (speed >= speedMin && speed <= speedMax) return speed;
  throw new GhostError(
    'usage',
    `"${visible(text)}" is no speed: it is a number from ${speedMin} to ${speedMax}, or max`,
    {
      hint: 'ghost replay --speed 10 ID',
    },
  );
}

type From = { readonly afterStartMs: number } | ReturnType<typeof parseTime> | null;

function fromOption(options: ParsedOptions, { now }: CommandContext): From {
  const text = options.value('from');
  if (text === null) return null;
  return durationMsIn(text) === null ? parseTime(text, { nowMs: now() }) : { afterStartMs: parseDuration(text) };
}

async function momentOf(
  from: From,
  { client, startMs }: { readonly client: Client; readonly startMs: number | null },
): Promise<Date | null> {
  if (from === null) return null;
  if (!('afterStartMs' in from)) return (await resolveTimeRange({ since: from, until: null }, client)).since ?? null;
  return startMs === null ? null : new Date(startMs + from.afterStartMs);
}

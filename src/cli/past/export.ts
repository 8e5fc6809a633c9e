import type { Client } from '../../client/api.ts';
import { daemonGaps } from '../../client/daemon-gaps.ts';
import { GhostError } from '../../ghost-error.ts';
import type { TaskDetail } from '../../protocol/answers.ts';
import { quietJson } from '../../quiet-json.ts';
import { signalNumber } from '../../words/task-words.ts';
import { visible } from '../../words/visible.ts';
import type { Command } from '../command.ts';
import type { ParsedOptions } from '../parse.ts';
import { CastWriter, type CastSize } from './cast.ts';
import { putFile } from './put-file.ts';
import { taskReport } from './task-report.ts';

/** What a recording is shown in where nothing is said: what most terminals begin with. */
const defaultSize: CastSize = { cols: 80, rows: 24 };
/** The most columns or rows that a player could make sense of. */
export const sizeMax = 1000;

/** `ghost export ID --cast FILE` or `--json FILE`: a recording to play, or a report to attach. */
export const exportTask: Command = async ({ options, words: [task = ''] }, context) => {
  const { form, file } = targetOf(options);
  const size = sizeOf(options);
  const client = await context.connect({ start: true });
  const detail = await client.show(task);
  const target = { stdout: context.stdout, replace: options.has('force') };
  const nowMs = context.now();
  if (form === 'json') {
    await putFile(file, target, async (sink) => {
      const report = await taskReport(client, detail, { nowMs });
      await sink(`${quietJson(report, { indent: 2 })}\n`);
    });
    return 0;
  }
  await putFile(
    file,
    target,
    async (sink) =>
      await writeCast(client, detail, { sink, size, nowMs, closed: () => file === '-' && context.stdout.closed }),
  );
  return 0;
};

/** Writes a task's recording to a file that must not exist. For the screen, which asks for the file itself. */
export async function exportCast(
  client: Client,
  { task, file, nowMs }: { readonly task: string; readonly file: string; readonly nowMs: number },
): Promise<void> {
  const detail = await client.show(task);
  await putFile(
    file,
    { stdout: null, replace: false },
    async (sink) => await writeCast(client, detail, { sink, size: defaultSize, nowMs, closed: () => false }),
  );
}

async function writeCast(
  client: Client,
  detail: TaskDetail,
  {
    sink,
    size,
    nowMs,
    closed,
  }: {
    readonly sink: (text: string) => Promise<void>;
    readonly size: CastSize;
    readonly nowMs: number;
    readonly closed: () => boolean;
  },
): Promise<void> {
  const { events, task: view } = detail;
  const until = view.endedAt === null ? nowMs : Date.parse(view.endedAt);
  const gaps = await daemonGaps(client, { afterSeq: events[0]?.seq ?? 0, untilMs: until });
  const writer = new CastWriter(detail, { size, gaps, exitStatus: exitStatusOfTask(detail) });
  await sink(writer.header());
  for await (const chunk of client.log(String(view.id))) {
    await sink(writer.piece(chunk));
    if (closed()) return;
  }
  await sink(writer.end());
}

function targetOf(options: ParsedOptions): { readonly form: 'cast' | 'json'; readonly file: string } {
  const cast = options.value('cast');
  const json = options.value('json');
  if ((cast === null) === (json === null)) {
    const why = cast === null ? 'what to write is not said' : 'one thing at a time';
    throw new GhostError('usage', `${why}: --cast FILE is a recording, --json FILE a report`, {
      hint: 'ghost export ID --cast FILE',
    });
  }
  const form = cast === null ? 'json' : 'cast';
  const file = cast ?? json ?? '';
  if (file === '') throw new GhostError('usage', `--${form} needs a file`, { hint: `ghost export ID --${form} FILE` });
  return { form, file };
}

function sizeOf(options: ParsedOptions): CastSize {
  const text = options.value('size');
  if (text === null) return defaultSize;
  const [, cols, rows] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  const size = { cols: Number(cols ?? 0), rows: Number(rows ?? 0) };
  if (Math.min(size.cols, size.rows) >= 1 && Math.max(size.cols, size.rows) <= sizeMax) return size;
  throw new GhostError('usage', `"${visible(text)}" is no size of a terminal`, { hint: '--size 120x40' });
}

/** The exit status as a shell would have it; null where there is none: it runs, never ran, or nothing tells. */
function exitStatusOfTask({ task: { exitCode, signal } }: TaskDetail): number | null {
  return exitCode ?? (signal === null ? null : 128 + signalNumber(signal));
}

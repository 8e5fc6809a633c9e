import { isoTime, microsecondsAt } from '../../microseconds.ts';
import { type Explanation, explainTask } from '../../projections/explain-task.ts';
import { type Reader, reasonText, summaryText } from '../../words/explain-words.ts';
import { wrapWords } from '../block.ts';
import type { Command, CommandContext } from '../command.ts';
import { printJson } from '../json-text.ts';

/** Longer lines are hard to read, however wide the terminal is. */
export const columnsMax = 88;
const indent = '  ';

/** `ghost why ID`: in sentences, why a task is in the state that it is in. */
export const why: Command = async ({ options, words: [word = ''] }, context) => {
  const client = await context.connect({ start: true });
  const { task, events, timeoutMs, descendantsAlive, log } = await client.show(word);
  const nowMs = context.now();
  const explanation = explainTask(
    {
      task,
      events,
      timeoutMs,
      descendantsAlive,
      lastOutputAt: log.lastAt,
      outputBytes: log.stdoutBytes + log.stderrBytes,
    },
    { now: microsecondsAt(nowMs) },
  );
  const reader: Reader = { ...context.users, nowMs };
  if (options.has('json')) await printJson(explanationJson(explanation, reader), context);
  else await context.stdout.write(await explanationLines(explanation, reader, context));
  return 0;
};

function explanationJson(explanation: Explanation, reader: Reader): object {
  const { task, reasons } = explanation;
  return {
    id: task.id,
    state: task.state,
    summary: summaryText(task),
    reasons: reasons.map((reason) => ({
      at: reason.at === null ? null : isoTime(reason.at),
      seq: reason.seq,
      kind: reason.kind,
      text: reasonText(reason, explanation, reader),
    })),
  };
}

/** What became of it, and under that the reasons, each on lines of its own. */
async function explanationLines(
  explanation: Explanation,
  reader: Reader,
  { stdout, style }: CommandContext,
): Promise<string> {
  const { task, reasons } = explanation;
  const columns = stdout.columns === null ? null : Math.min(stdout.columns, columnsMax) - indent.length;
  let text = `${style.state(task.state, summaryText(task))}\n`;
  for (const reason of reasons) {
    const lines = await wrapWords(reasonText(reason, explanation, reader).split(' '), columns);
    for (const line of lines) text += `${indent}${line}\n`;
  }
  return text;
}

import type { StreamName } from '../journal/events.ts';
import type { TaskView } from '../projections/task-view.ts';
import type { MissingOutput } from '../protocol/answers.ts';
import { byteText } from '../words/byte-text.ts';
import { pruneWords } from '../words/event-sentence.ts';
import { fullTime } from '../words/time-text.ts';

/** What is said where a followed log has ended with its task although somebody could still write to it. */
export function heldOpenNote({ id }: TaskView): string {
  return `task ${id} has ended, but processes that it left behind hold its output open; more may come in: ghost log ${id}\n`;
}

/** What is said where output is gone. The task is named where several were asked for. */
export function missingNote(
  { bytes, prunedAt, reason }: MissingOutput,
  { stream, task }: { readonly stream: StreamName; readonly task: string | null },
): string {
  const whose = task === null ? stream : `${stream} of task ${task}`;
  const when = fullTime(Date.parse(prunedAt)).slice(0, -':00'.length);
  return `ghost: ${byteText(bytes)} of ${whose} are gone (taken ${when}: ${pruneWords[reason]})\n`;
}

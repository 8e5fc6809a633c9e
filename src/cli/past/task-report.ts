import type { Client } from '../../client/api.ts';
import type { StreamName } from '../../journal/events.ts';
import type { EnvironmentValue, TaskDetail } from '../../protocol/answers.ts';
import { streamNames } from '../../stream-names.ts';
import { version } from '../../version.ts';
import { LineCarry } from '../../words/line-carry.ts';
import { eventJson } from '../event-json.ts';
import { textOfBytes } from '../line-printer.ts';

/** So many of the last lines of a log go into a report. */
export const reportLines = 200;

/** All that helps others to see what happened to a task, as one JSON value. No value that looks like a secret is in it. */
export async function taskReport(
  client: Client,
  detail: TaskDetail,
  { nowMs }: { readonly nowMs: number },
): Promise<object> {
  const { task, events, ...rest } = detail;
  const id = String(task.id);
  const [daemon, environment, log] = await Promise.all([
    client.status(),
    client.environment(id),
    lastLines(client, id),
  ]);
  return {
    ghost: {
      version,
      node: process.version,
      platform: process.platform,
      architecture: process.arch,
      exportedAt: new Date(nowMs).toISOString(),
    },
    daemon,
    task: { ...task, ...rest },
    environment: environment.map(variable),
    log,
    events: events.map(eventJson),
  };
}

/** Bytes that are no UTF-8 become U+FFFD, as in the lines of the log. */
function variable({ name, value, shown }: EnvironmentValue): object {
  return { name, value: value === null || typeof value === 'string' ? value : textOfBytes(value), shown };
}

async function lastLines(client: Client, id: string): Promise<readonly object[]> {
  const lines: object[] = [];
  const carries = { stdout: new LineCarry(), stderr: new LineCarry() };
  // When the last piece of each stream was seen: an unfinished line is of that time.
  const seen: Record<StreamName, string | null> = { stdout: null, stderr: null };
  for await (const chunk of client.log(id, { lines: reportLines })) {
    const { at, stream, data, missing } = chunk;
    if (missing === null) {
      seen[stream] = at;
      lines.push(...carries[stream].push(data).map((bytes) => ({ at, stream, text: textOfBytes(bytes) })));
    } else {
      lines.push(...carries[stream].end().map((bytes) => ({ at: seen[stream], stream, text: textOfBytes(bytes) })));
      lines.push({ at, stream, text: null, missing });
    }
  }
  for (const stream of streamNames) {
    lines.push(...carries[stream].end().map((bytes) => ({ at: seen[stream], stream, text: textOfBytes(bytes) })));
  }
  return lines;
}

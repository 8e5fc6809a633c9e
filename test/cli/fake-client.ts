import type { Client } from '../../src/client/api.ts';
import type { Actor, EventDraft, JournalEvent, SequenceNumber, TaskId } from '../../src/journal/events.ts';
import { microsecondsOf } from '../../src/microseconds.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import type { LogChunk, LogEnd, StopResult, TaskDetail } from '../../src/protocol/answers.ts';

/** A client of which a test gives only what it needs: anything else that is asked of it fails the test. */
export function fakeClient(answers: Partial<Client>): Client {
  const unexpected = (operation: string) => (): never => {
    throw new Error(`the test did not expect ${operation}`);
  };
  const { list } = answers;
  return {
    run: unexpected('run'),
    restart: unexpected('restart'),
    list: unexpected('list'),
    // One page of whatever the test's list gives.
    listPages: list === undefined ? unexpected('listPages') : (options) => onePage(() => list(options)),
    show: unexpected('show'),
    history: unexpected('history'),
    historyStats: unexpected('historyStats'),
    audit: unexpected('audit'),
    verify: unexpected('verify'),
    rebuild: unexpected('rebuild'),
    table: unexpected('table'),
    environment: unexpected('environment'),
    rename: unexpected('rename'),
    tag: unexpected('tag'),
    redact: unexpected('redact'),
    stop: unexpected('stop'),
    signal: unexpected('signal'),
    wait: unexpected('wait'),
    log: unexpected('log'),
    watch: unexpected('watch'),
    prune: unexpected('prune'),
    status: unexpected('status'),
    shutdown: unexpected('shutdown'),
    ping: unexpected('ping'),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...answers,
  };
}

async function* onePage<T>(page: () => Promise<T>): AsyncGenerator<T, void, void> {
  yield await page();
}

/** A task that ran from 14:03:20 to 14:03:22 (UTC) and exited with 0, but for what the test says. */
export function viewOf(view: Partial<TaskView> = {}): TaskView {
  return {
    id: 42,
    uuid: '0190f2a4-0000-7000-8000-000000000042',
    name: null,
    tags: [],
    state: 'exited',
    command: ['sleep', '2'],
    cwd: '/srv/app',
    pid: 4711,
    startedAt: '2026-11-22T14:03:20.000Z',
    endedAt: '2026-11-22T14:03:22.000Z',
    durationMs: 2000,
    exitCode: 0,
    signal: null,
    reason: null,
    ...view,
  };
}

export function runningView(view: Partial<TaskView> = {}): TaskView {
  return viewOf({ state: 'running', endedAt: null, durationMs: null, exitCode: null, ...view });
}

export function killedView(view: Partial<TaskView> = {}): TaskView {
  return viewOf({ state: 'killed', exitCode: null, signal: 'SIGTERM', ...view });
}

export function stopResultOf(task: TaskView, result: Partial<StopResult> = {}): StopResult {
  return { task, signals: [{ signal: 'SIGTERM', answer: 'delivered' }], descendantsAlive: 0, ...result };
}

export const someone: Actor = {
  kind: 'client',
  uid: 1000,
  pid: 812,
  client: 'ghost-cli 0.1.0',
  terminal: '/dev/pts/3',
  commandLine: 'ghost run sleep 2',
};

/** Events one second apart, from 14:03:20 (UTC) on. */
export function eventsOf(...drafts: readonly EventDraft[]): readonly JournalEvent[] {
  return drafts.map((draft, place) => ({
    ...draft,
    seq: (place + 1) as SequenceNumber,
    at: microsecondsOf(`2026-11-22T14:03:${20 + place}.000Z`),
    hash: 'ab'.repeat(32),
  }));
}

export const task42 = 42 as TaskId;

export function detailOf(task: TaskView, detail: Partial<TaskDetail> = {}): TaskDetail {
  return {
    task,
    submittedAt: '2026-11-22T14:03:20.000Z',
    submittedBy: someone,
    attempt: 1,
    umask: 0o022,
    timeoutMs: null,
    restartOf: null,
    shimPid: 4710,
    adoptions: 0,
    processorTime: { userMs: 12, systemMs: 3 },
    environmentNames: ['PATH', 'HOME'],
    log: { stdoutBytes: 1234, stderrBytes: 0, complete: true, lastAt: null },
    descendantsAlive: 0,
    events: [],
    ...detail,
  };
}

/** What a piece of a log has besides its stream and its bytes. */
export type PieceParts = Partial<Pick<LogChunk, 'at' | 'missing'>>;

/** A log that gives these pieces, `[stream, text or bytes, when it was seen or what is missing]`, and then its end. */
export async function* logOf(
  pieces: readonly (readonly [stream: 'stdout' | 'stderr', data: string | Uint8Array, parts?: PieceParts])[],
  end: Partial<LogEnd> = {},
): AsyncGenerator<LogChunk, LogEnd, void> {
  const cursor = { stdout: 0, stderr: 0 };
  for (const [stream, text, parts = {}] of pieces) {
    const data = typeof text === 'string' ? Buffer.from(text) : text;
    cursor[stream] += data.length + (parts.missing?.bytes ?? 0);
    yield { stream, at: '2026-11-22T14:03:21.000Z', data, missing: null, cursor: { ...cursor }, ...parts };
  }
  return { task: viewOf(), reason: 'complete', cursor, ...end };
}

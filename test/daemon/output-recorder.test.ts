import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { DaemonLog } from '../../src/daemon/daemon-log.ts';
import { LogRange } from '../../src/daemon/log-range.ts';
import { OrderReader, type OrderRecord } from '../../src/daemon/order-index.ts';
import { OutputRecorder } from '../../src/daemon/output-recorder.ts';
import { TaskFolder } from '../../src/daemon/task-folder.ts';
import { microseconds, taskId } from '../support/facts.ts';
import { until } from '../support/until.ts';

class Recording implements Disposable {
  readonly folder: TaskFolder;
  readonly warnings: string[] = [];
  statusLooks = 0;
  growths = 0;
  readonly #path = mkdtempSync(join(tmpdir(), 'recorder-'));
  readonly #recorders: OutputRecorder[] = [];
  #now = 0;

  constructor() {
    this.folder = new TaskFolder(this.#path, taskId(1));
    this.folder.create();
  }

  begin({ adopted }: { readonly adopted: boolean } = { adopted: false }): OutputRecorder {
    const nothing = (): void => undefined;
    const log: DaemonLog = {
      info: nothing,
      warn: nothing,
      error: nothing,
      [Symbol.dispose]: nothing,
      warnOnce: (message) => this.warnings.push(message),
    };
    const recorder = new OutputRecorder(this.folder, {
      clock: () => microseconds((this.#now += 1)),
      log,
      adopted,
      onStatus: () => (this.statusLooks += 1),
    });
    recorder.onGrowth(() => (this.growths += 1));
    this.#recorders.push(recorder);
    return recorder;
  }

  write(stream: 'stdout' | 'stderr', text: string): void {
    appendFileSync(this.folder.stream(stream), text);
  }

  records(): readonly OrderRecord[] {
    using reader = new OrderReader(this.folder.order);
    return Array.from({ length: reader.count() }, (_, index) => reader.at(index)).filter((record) => record !== null);
  }

  [Symbol.dispose](): void {
    for (const recorder of this.#recorders) recorder[Symbol.dispose]();
    rmSync(this.#path, { recursive: true });
  }
}

test.each([
  ['stdout', ['stderr', 'stdout']],
  ['stderr', ['stdout', 'stderr']],
] as const)('where both streams have grown, %s is told last that was written last', (last, order) => {
  using recording = new Recording();
  for (const stream of ['stdout', 'stderr'] as const) {
    recording.write(stream, 'text');
    utimesSync(recording.folder.stream(stream), 1_000, stream === last ? 1_000.002 : 1_000.001);
  }
  recording.begin({ adopted: true });
  using reader = new OrderReader(recording.folder.order);
  const range = new LogRange(reader, { since: null, until: null, before: null, unindexed: null });
  const position = { stdout: 0, stderr: 0 };
  const seen: string[] = [];
  for (const { stream, to } of range.stretchesPast(position, 'both')) {
    seen.push(stream);
    position[stream] = to;
  }
  expect(seen).toEqual(order);
});

test('growth is noted in the order in which it comes, each with its time, and who listens is told', async () => {
  using recording = new Recording();
  const recorder = recording.begin();
  for (const [stream, bytes] of [
    ['stdout', 3],
    ['stderr', 4],
    ['stdout', 5],
  ] as const) {
    const before = recording.records().length;
    recording.write(stream, 'x'.repeat(bytes));
    await until('the growth is noted', () => recording.records().length > before);
  }
  expect(recording.records().map(({ stdout, stderr }) => [stdout, stderr])).toEqual([
    [3, 0],
    [3, 4],
    [8, 4],
  ]);
  expect(recording.records().every(({ at }) => at !== null)).toBe(true);
  expect(recording.growths).toBe(3);
  expect(recorder.noteNow()).toMatchObject({ stdout: 8, stderr: 4 });
});

test('what was there before this daemon looked has no time where it adopts, and one where it started the task', () => {
  using recording = new Recording();
  recording.write('stdout', 'abc');
  recording.begin({ adopted: true })[Symbol.dispose]();
  recording.write('stdout', 'def');
  recording.begin({ adopted: false });
  expect(recording.records()).toMatchObject([{ at: null, stdout: 3 }, { stdout: 6 }]);
  expect(recording.records()[1]?.at).not.toBeNull();
});

test('what came last is noted when it ends, and nothing after', async () => {
  using recording = new Recording();
  const recorder = recording.begin();
  recording.write('stderr', 'last words');
  recorder[Symbol.dispose]();
  expect(recording.records()).toMatchObject([{ stdout: 0, stderr: 10 }]);
  recording.write('stderr', '!');
  expect(recorder.noteNow()).toMatchObject({ stderr: 10 });
  expect(recording.records()).toHaveLength(1);
});

test('a flood is noted whole, and so is quiet output after it', async () => {
  using recording = new Recording();
  recording.begin();
  for (let turn = 0; turn < 200; turn += 1) {
    recording.write('stdout', 'line\n');
    await new Promise(setImmediate);
  }
  await until('the flood is noted', () => recording.records().at(-1)?.stdout === 1000);
  // By now it may be polled or watched again: it must be seen either way.
  recording.write('stderr', 'quiet');
  const last = await until('the last line is noted', () => recording.records().find(({ stderr }) => stderr === 5));
  expect(last.stdout).toBe(1000);
});

test('where the index finds no room the daemon lives on, says so once, and still knows how far the streams have come', () => {
  using recording = new Recording();
  // What a full disk answers, under its own name, since a link is not followed: full(4).
  execFileSync('mknod', [recording.folder.order, 'c', '1', '7'], { stdio: 'pipe' });
  recording.write('stdout', 'abc');
  const recorder = recording.begin({ adopted: true });
  recording.write('stderr', 'de');
  expect(recorder.noteNow()).toEqual({ stdout: 3, stderr: 2 });
  expect(recording.warnings.length).toBeGreaterThan(0);
  expect(new Set(recording.warnings)).toEqual(new Set(['the order of output cannot be noted']));
});

test('a change of the status file is told, and is no growth', async () => {
  using recording = new Recording();
  recording.begin();
  writeFileSync(recording.folder.status(1), 'start\n');
  await until('the status was looked at', () => recording.statusLooks > 0);
  expect(recording.growths).toBe(0);
});

import { describe, expect, test } from 'vitest';

import { columnsMax } from '../../src/cli/past/why.ts';
import type { Actor, EventDraft } from '../../src/journal/events.ts';
import { microsecondsOf } from '../../src/microseconds.ts';
import { silentMs } from '../../src/projections/explain-task.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import type { TaskDetail } from '../../src/protocol/answers.ts';
import { atOnceMs } from '../../src/words/explain-words.ts';
import { taskDraft } from '../support/facts.ts';
import { detailOf, eventsOf, killedView, runningView, someone, viewOf } from './fake-client.ts';
import { ghost, KeptOutput } from './fake-world.ts';

process.env['TZ'] = 'UTC';

const self: Actor = { ...someone, kind: 'daemon', client: 'ghostd 0.1.0', terminal: null, commandLine: null };
const me: Actor = { ...someone, commandLine: '/usr/bin/node --no-warnings /opt/bin/ghost.cjs stop 42' };
const other: Actor = { ...someone, uid: 1001, terminal: null, commandLine: null, client: 'deploy 2.0' };

const by = (draft: EventDraft, actor: EventDraft['actor']): EventDraft => ({ ...draft, actor });
const asked = (data: Parameters<typeof taskDraft<'SignalRequested'>>[1], actor = me) =>
  by(taskDraft('SignalRequested', data), actor);

/** Stopped by me at 14:03:21; the daemon sent SIGTERM, and its end came from it at 14:03:24. */
const stop = asked({ data: { requestId: 'r', signal: 'SIGTERM', reason: 'stop', graceMs: 1000 } });
const sent = (signal: string, answer: 'delivered' | 'not-permitted' | 'no-such-process' | 'unknown' = 'delivered') =>
  by(taskDraft('SignalSent', { data: { requestId: 'r', signal, answer } }), me);
const escalation = by(
  taskDraft('SignalRequested', { data: { requestId: 'r', signal: 'SIGKILL', reason: 'grace-ran-out', graceMs: null } }),
  self,
);
const exited = (outcome: { kind: 'exited'; code: number } | { kind: 'signaled'; signal: string }, found = false) =>
  by(
    taskDraft('TaskExited', {
      data: { outcome, endedAt: microsecondsOf('2026-11-22T14:03:24.000Z'), observed: found ? 'found' : 'live' },
    }),
    self,
  );
const killed = exited({ kind: 'signaled', signal: 'SIGKILL' });
const submitted = by(taskDraft('TaskSubmitted', { data: { command: ['/bin/sh', '-c', 'x'] } }), me);
const started = by(taskDraft('TaskStarted', { data: { startedAt: microsecondsOf('2026-11-22T14:03:20.000Z') } }), self);

async function why(
  view: Partial<TaskView>,
  drafts: readonly EventDraft[],
  detail: Partial<TaskDetail> = {},
): Promise<string> {
  const task = viewOf(view);
  const client = { show: () => Promise.resolve(detailOf(task, { events: eventsOf(...drafts), ...detail })) };
  const { stdout, result } = await ghost(['why', '42'], { client });
  expect(result).toBe(0);
  return stdout;
}

const killedBy = (signal: string): Partial<TaskView> => killedView({ signal });

describe('why a task was killed', () => {
  test('by a stop that it did not heed: who asked, and how long after it SIGKILL came', async () => {
    const drafts = [submitted, stop, sent('SIGTERM'), escalation, sent('SIGKILL'), killed];
    expect(await why(killedBy('SIGKILL'), drafts)).toBe(
      [
        'Task 42 was killed by SIGKILL after 2.0s.',
        '  You (ada, pts/3, `ghost stop 42`) asked it to stop at 14:03:21 (SIGTERM).',
        '  It did not end on SIGTERM, and SIGKILL followed 2.0s later, when its grace had run out.',
        '',
      ].join('\n'),
    );
  });

  test('by a stop that it heeded', async () => {
    const drafts = [submitted, stop, sent('SIGTERM'), exited({ kind: 'signaled', signal: 'SIGTERM' })];
    expect(await why(killedBy('SIGTERM'), drafts)).toContain(
      '  You (ada, pts/3, `ghost stop 42`) asked it to stop at 14:03:21 (SIGTERM); it ended 2.0s later.\n',
    );
  });

  test('at once where its end came within what the times of files are good to', async () => {
    const said = async (laterMs: number): Promise<string> => {
      const endedAt = microsecondsOf(new Date(Date.parse('2026-11-22T14:03:22.000Z') + laterMs).toISOString());
      const end = taskDraft('TaskExited', { data: { outcome: { kind: 'signaled', signal: 'SIGTERM' }, endedAt } });
      return await why(killedBy('SIGTERM'), [submitted, stop, sent('SIGTERM'), by(end, self)]);
    };
    expect(await said(atOnceMs - 1)).toContain('(SIGTERM); it ended at once.\n');
    expect(await said(atOnceMs)).toContain(`(SIGTERM); it ended ${atOnceMs}ms later.\n`);
  });

  test('by somebody else over a program of his', async () => {
    const kill = asked({ data: { requestId: 'r', signal: 'SIGKILL', reason: 'kill', graceMs: null } }, other);
    expect(await why(killedBy('SIGKILL'), [submitted, kill, sent('SIGKILL'), killed])).toContain(
      '  uid 1001 (deploy 2.0) killed it at 14:03:21 (SIGKILL); it ended 2.0s later.\n',
    );
  });

  test('because its time ran out', async () => {
    const timeout = asked({ data: { requestId: 'r', signal: 'SIGTERM', reason: 'timeout', graceMs: 1000 } }, self);
    const drafts = [submitted, timeout, sent('SIGTERM'), exited({ kind: 'signaled', signal: 'SIGTERM' })];
    expect(await why(killedBy('SIGTERM'), drafts, { timeoutMs: 90_000 })).toContain(
      '  Its time of 1m30s ran out at 14:03:21, and ghost asked it to stop (SIGTERM); it ended 2.0s later.\n',
    );
  });

  test('from outside, where memory is the careful guess of SIGKILL alone', async () => {
    const term = await why(killedBy('SIGTERM'), [submitted, exited({ kind: 'signaled', signal: 'SIGTERM' })]);
    expect(term).toContain(
      '  ghost sent it no SIGTERM: something else did (a kill by hand, another program, the system).\n',
    );
    expect(term).not.toContain('memory');
    const kill = await why(killedBy('SIGKILL'), [submitted, killed]);
    expect(kill).toContain('  ghost sent it no SIGKILL: something else did');
    expect(kill).toContain('  The kernel sends SIGKILL as well when memory runs out. ghost saw no trace of that;');
  });

  test.each([
    ['kernel-log', '  The kernel killed it because memory had run out: Killed process 21 (make).\n'],
    ['cgroup', '  Very likely the kernel killed it because memory had run out: Killed process 21 (make).\n'],
  ] as const)('for want of memory, by the word of the %s', async (evidence, text) => {
    const drafts = [submitted, killed, by(taskDraft('OutOfMemorySeen', { data: { evidence } }), self)];
    const said = await why(killedBy('SIGKILL'), drafts);
    expect(said).toContain(text);
    expect(said).not.toContain('saw no trace');
  });

  test('by another signal than the one that was sent', async () => {
    const drafts = [submitted, stop, sent('SIGTERM'), killed];
    expect(await why(killedBy('SIGKILL'), drafts)).toContain("  That SIGKILL was not ghost's: something else did");
  });

  test('by itself, in effect', async () => {
    const drafts = [submitted, exited({ kind: 'signaled', signal: 'SIGSEGV' })];
    expect(await why(killedBy('SIGSEGV'), drafts)).toContain('from the program itself: it touched memory');
  });

  test.each([
    ['not-permitted', 'but the kernel did not permit it: it belonged to another user by then'],
    ['no-such-process', 'but nothing of it was left by then'],
    ['unknown', 'but the daemon ended before it knew whether that arrived'],
  ] as const)('with what the kernel answered where that was %s', async (answer, text) => {
    const drafts = [submitted, stop, sent('SIGTERM', answer), exited({ kind: 'exited', code: 0 })];
    expect(await why({}, drafts)).toContain(text);
  });
});

describe('why a task ended as it did', () => {
  test.each([
    [0, 'Task 42 exited with 0 after 2.0s.\n  It ended by itself, and its exit code 0 says that all went well.\n'],
    [3, 'What 3 means only the program knows; its output may tell: ghost log -n 20 42\n'],
    [124, 'timeout(1) ends with 124'],
    [126, 'A shell ends with 126 where a command of its script could not be executed'],
    [127, 'A shell ends with 127 where a command of its script was not found'],
    [137, 'which is 128 + 9. A shell ends so where the last command that it waited for was ended by SIGKILL (which'],
    [143, 'ended by SIGTERM.\n'],
    [255, 'What 255 means only the program knows'],
  ])('with the code %i', async (code, text) => {
    const view = { state: code === 0 ? 'exited' : 'failed', exitCode: code } as const;
    expect(await why(view, [submitted, exited({ kind: 'exited', code })])).toContain(text);
  });

  test('with a code of a shell, from no shell', async () => {
    const program = by(taskDraft('TaskSubmitted', { data: { command: ['make'] } }), me);
    expect(await why({ state: 'failed', exitCode: 127 }, [program, exited({ kind: 'exited', code: 127 })])).toContain(
      'By custom 127 means that a command was not found',
    );
  });

  test.each([
    ['command-not-found', ['mkae'], 'PATH'],
    ['command-not-found', ['./mkae'], 'Check the path'],
    ['command-not-executable', ['./x'], 'chmod +x'],
    ['cwd-not-usable', ['x'], 'folder'],
  ] as const)('refused: %s', async (reason, command, hint) => {
    const refused = by(taskDraft('TaskStartFailed', { data: { reason, message: 'it is \u001b so' } }), self);
    const view = { state: 'failed', exitCode: null, durationMs: null, command } as const;
    const text = await why(view, [submitted, refused]);
    expect(text).toContain('Task 42 could not be started.\n  it is \\e so. ');
    expect(text).toContain(hint);
  });

  test.each([
    ['machine-rebooted', 'The machine was started anew while it ran'],
    ['shim-killed', 'Its shim, which waits for it to note how it ends, was killed'],
    ['start-unknown', 'It may have run or not'],
  ] as const)('lost: %s, with when it was last known to be alive', async (reason, text) => {
    const lost = by(taskDraft('TaskLost', { data: { reason } }), self);
    const view = { state: 'lost', exitCode: null, durationMs: null } as const;
    const log = { stdoutBytes: 1, stderrBytes: 0, complete: true, lastAt: '2026-11-22T14:04:30.000Z' };
    const said = await why(view, [submitted, started, lost], { log });
    expect(said).toContain('Task 42 is lost.\n');
    expect(said).toContain(text);
    expect(said).toContain('It was last known to be alive at 14:04:30.');
  });

  test('while no daemon was there, restarted, with what is gone of it', async () => {
    const restart = by(taskDraft('TaskSubmitted', { data: { restartOf: 41 as never } }), me);
    const pruned = by(taskDraft('LogSegmentPruned', { data: { from: 0, to: 2048, reason: 'request' } }), me);
    const hidden = by(taskDraft('TaskForgotten'), me);
    const said = await why({}, [restart, exited({ kind: 'exited', code: 0 }, true), pruned, hidden], {
      descendantsAlive: 2,
    });
    expect(said.split('\n')).toEqual([
      'Task 42 exited with 0 after 2.0s.',
      '  It is a restart of task 41, made by you (ada, pts/3, `ghost stop 42`).',
      '  It ended by itself, and its exit code 0 says that all went well.',
      '  No daemon was there when it ended; the next one read how from what its shim had noted.',
      '  2 processes of its group are still alive: ghost stop 42',
      '  2.0 KiB of its output were taken away at 14:03:22 (asked for with ghost prune, by you (ada, pts/3, `ghost stop 42`)).',
      '  It was hidden from lists at 14:03:23 by you (ada, pts/3, `ghost stop 42`).',
      '',
    ]);
  });
});

describe('why a task still runs', () => {
  const adopted = by(taskDraft('TaskAdopted'), self);
  const running = runningView();
  const quiet = { stdoutBytes: 5, stderrBytes: 0, complete: false, lastAt: '2026-11-22T11:05:00.000Z' };

  test('since when, adopted twice, silent for three hours', async () => {
    expect(await why(running, [submitted, started, adopted, adopted], { log: quiet })).toBe(
      [
        'Task 42 is running.',
        '  It was started at 14:03:21 and has run for 1m 40s, as process 4711.',
        '  It outlived 2 daemons, and was taken up each time, last at 14:03:23.',
        '  It has written nothing for 3h 00m.',
        '',
      ].join('\n'),
    );
  });

  test('adopted once, without a word so far', async () => {
    const log = { stdoutBytes: 0, stderrBytes: 0, complete: false, lastAt: null };
    const said = await why(running, [submitted, started, adopted], { log });
    expect(said).toContain('  It outlived its daemon, and the next one took it up at 14:03:22.\n');
    expect(said).toContain('  It has written nothing so far.\n');
  });

  test('less than a minute ago it wrote something: that is no silence', async () => {
    const said = async (agoMs: number): Promise<string> => {
      const lastAt = new Date(Date.parse('2026-11-22T14:05:00.000Z') - agoMs).toISOString();
      return await why(running, [submitted, started], { log: { ...quiet, lastAt } });
    };
    expect(await said(silentMs - 1)).not.toContain('written');
    expect(await said(silentMs)).toContain('  It has written nothing for 1m 00s.\n');
  });

  test('under a stop that is under way', async () => {
    const slow = asked({ data: { requestId: 'r', signal: 'SIGTERM', reason: 'stop', graceMs: 600_000 } });
    const said = await why(running, [submitted, started, slow, sent('SIGTERM')], { log: quiet });
    expect(said).toContain('asked it to stop at 14:03:22 (SIGTERM).\n');
    expect(said).toContain('  SIGKILL follows in 8m 22s where it has not ended by then.\n');
  });

  test('before it has begun', async () => {
    const aborted = by(taskDraft('TaskSpawnAborted', { data: { reason: 'the go never came' } }), self);
    const said = await why(runningView({ startedAt: null, pid: null }), [submitted, aborted, aborted]);
    expect(said).toContain(
      '  Before it could begin its shim ended 2 times, and it was tried again: the go never came.\n',
    );
    expect(said).toContain('  It is about to start.\n');
  });
});

test('in JSON each reason has its event', async () => {
  const events = eventsOf(submitted, stop, sent('SIGTERM'), escalation, sent('SIGKILL'), killed);
  const client = { show: () => Promise.resolve(detailOf(killedView({ signal: 'SIGKILL' }), { events })) };
  const { stdout } = await ghost(['why', '42', '--json'], { client });
  expect(JSON.parse(stdout)).toEqual({
    id: 42,
    state: 'killed',
    summary: 'Task 42 was killed by SIGKILL after 2.0s.',
    reasons: [
      {
        at: '2026-11-22T14:03:21.000Z',
        seq: 2,
        kind: 'asked',
        text: 'You (ada, pts/3, `ghost stop 42`) asked it to stop at 14:03:21 (SIGTERM).',
      },
      {
        at: '2026-11-22T14:03:23.000Z',
        seq: 4,
        kind: 'escalated',
        text: 'It did not end on SIGTERM, and SIGKILL followed 2.0s later, when its grace had run out.',
      },
    ],
  });
});

test('on a terminal it is wrapped', async () => {
  const client = {
    show: () =>
      Promise.resolve(
        detailOf(viewOf(), { events: eventsOf(submitted, exited({ kind: 'exited', code: 0 })), descendantsAlive: 0 }),
      ),
  };
  const { stdout } = await ghost(['why', '42'], { client, stdout: new KeptOutput({ columns: 40 }) });
  expect(stdout).toBe(
    [
      'Task 42 exited with 0 after 2.0s.',
      '  It ended by itself, and its exit code',
      '  0 says that all went well.',
      '',
    ].join('\n'),
  );
});

test('on a wide terminal no line is longer than can be read well', async () => {
  const on = async (columns: number, client: string): Promise<string> => {
    const kill = asked(
      { data: { requestId: 'r', signal: 'SIGKILL', reason: 'kill', graceMs: null } },
      { ...other, client },
    );
    const detail = detailOf(killedView({ signal: 'SIGKILL' }), {
      events: eventsOf(submitted, kill, sent('SIGKILL'), killed),
    });
    const parts = { client: { show: () => Promise.resolve(detail) }, stdout: new KeptOutput({ columns }) };
    return (await ghost(['why', '42', '--no-color'], parts)).stdout;
  };
  const sentence = (word: string): string =>
    `  uid 1001 (${word}) killed it at 14:03:21 (SIGKILL); it ended 2.0s later.`;
  const word = 'x'.repeat(columnsMax - sentence('').length);
  for (const columns of [columnsMax, columnsMax + 1, 200]) {
    expect(await on(columns, word)).toContain(`${sentence(word)}\n`);
    expect(await on(columns, `${word}x`)).toContain(' it ended 2.0s\n  later.\n');
  }
  expect(await on(columnsMax - 1, word)).toContain(' it ended 2.0s\n  later.\n');
});

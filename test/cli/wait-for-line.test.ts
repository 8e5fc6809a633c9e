import { describe, expect, test } from 'vitest';

import type { CommandContext } from '../../src/cli/command.ts';
import { patternMsMin } from '../../src/cli/wait-for-line.ts';
import type { Client, LogOptions } from '../../src/client/api.ts';
import type { LogChunk, LogEnd } from '../../src/protocol/answers.ts';
import { logOf, viewOf } from './fake-client.ts';
import { ghost } from './fake-world.ts';

/** A log that gives these pieces, and then nothing more and no end. */
async function* open(pieces: Parameters<typeof logOf>[0]): AsyncGenerator<LogChunk, LogEnd, void> {
  for await (const chunk of logOf(pieces)) yield chunk;
  return await new Promise<never>(() => undefined);
}

/** As in src/cli/main.ts. */
const after: CommandContext['after'] = (ms, call) => {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
};

test.for([
  [patternMsMin - 1, patternMsMin],
  [patternMsMin, patternMsMin],
  [patternMsMin + 1, patternMsMin + 1],
])(
  'a pattern gets as long as the waiting lasts, and no less than it needs: of %i ms %i',
  async ([timeoutMs, getsMs = 0]) => {
    const log: Client['log'] = () => open([['stdout', `${'a'.repeat(2_000)}b\n`]]);
    // The time is over before the pattern is tried, were it not for the log that is there by then.
    const said = await ghost(['wait', 'web', '--timeout', `${timeoutMs}ms`, '--log', '(a+)+$'], {
      client: { log },
      after: () => () => undefined,
    });
    expect(said.result).toBe(2);
    expect(said.stderr).toContain(`it was given up after ${getsMs / 1_000} s`);
  },
);

describe('wait --log', () => {
  test('ends with 0 and says nothing when the log has such a line, whatever comes after it', async () => {
    const asked: (readonly [string, LogOptions | undefined])[] = [];
    const log: Client['log'] = (id, options) => {
      asked.push([id, options]);
      return open([
        ['stdout', 'starting\nlisten'],
        ['stderr', 'warning\n'],
        ['stdout', 'ing on 80\nlistening on 81\n'],
      ]);
    };
    expect(await ghost(['wait', 'web', '--log', 'listening on \\d+'], { client: { log } })).toMatchObject({
      result: 0,
      stdout: '',
      stderr: '',
    });
    expect(asked).toEqual([['web', { follow: true }]]);
    expect((await ghost(['wait', 'web', '--json', '--log', 'listening'], { client: { log } })).stdout).toBe(
      '{"at":"2026-11-22T14:03:21.000Z","stream":"stdout","text":"listening on 80"}\n',
    );
  });

  test('takes an unfinished last line when the task has ended', async () => {
    const log = () => logOf([['stdout', 'ready']]);
    expect(await ghost(['wait', '42', '--log', 'ready'], { client: { log } })).toMatchObject({ result: 0, stderr: '' });
  });

  test('ends with 1 and says so when the task ends without such a line', async () => {
    const log = () => logOf([['stdout', 'cannot bind\n']], { task: viewOf({ state: 'failed', exitCode: 3 }) });
    expect(await ghost(['wait', '42', '--log', 'ready'], { client: { log } })).toMatchObject({
      result: 1,
      stdout: '',
      stderr: 'task 42 failed 3 without a line like "ready" in its log\n',
    });
  });

  test('ends with 124 when the time has run out', async () => {
    const log = () => open([['stdout', 'starting\n']]);
    expect(
      await ghost(['wait', '42', '--log', 'ready', '--timeout', '20ms'], { after, client: { log } }),
    ).toMatchObject({
      result: 124,
      stdout: '',
      stderr: 'ghost: the log of task 42 has had no line like "ready" within 20ms\n  try: ghost log -n 20 42\n',
    });
  });

  describe('of a log that has lost some output', () => {
    const missing = { bytes: 5 * 1024 * 1024, prunedAt: '2026-11-20T14:30:07.000Z', reason: 'task-limit' } as const;
    const pieces: Parameters<typeof logOf>[0] = [
      ['stdout', '', { at: null, missing }],
      ['stdout', 'serving\n'],
    ];
    const note = "ghost: 5.0 MiB of stdout are gone (taken 2026-11-20 14:30: the task's log had reached its limit)\n";

    test('says so when no line was found: it may have been there', async () => {
      const ended = await ghost(['wait', '42', '--log', 'ready'], { client: { log: () => logOf(pieces) } });
      expect(ended).toMatchObject({
        result: 1,
        stderr: `${note}task 42 exited 0 without a line like "ready" in what is left of its log\n`,
      });
      const late = await ghost(['wait', '42', '--log', 'ready', '--timeout', '20ms'], {
        after,
        client: { log: () => open(pieces) },
      });
      expect(late.result).toBe(124);
      expect(late.stderr.startsWith(`${note}ghost: the log of task 42 has had no line`)).toBe(true);
    });

    test('says nothing of it when one was found', async () => {
      const found = await ghost(['wait', '42', '--log', 'serving'], { client: { log: () => logOf(pieces) } });
      expect(found).toMatchObject({ result: 0, stdout: '', stderr: '' });
    });
  });

  test.for([
    [['--log', 'x'], '--log waits for a line in the log of one task'],
    [['--log', 'x', '1', '2'], '--log waits for a line in the log of one task'],
    [['--log', 'x', '--any', '1'], '--log waits for a line in the log of one task'],
    [['--log', '[', '1'], '"[" is no regular expression: unterminated character class, at character 1'],
  ] as const)('%j is refused before anything is asked', async ([argv, message]) => {
    const said = await ghost(['wait', ...argv]);
    expect(said).toMatchObject({ result: 2, starts: [] });
    expect(said.stderr.split('\n')[0]).toBe(`ghost: ${message}`);
  });
});

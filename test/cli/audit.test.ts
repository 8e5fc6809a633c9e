import { describe, expect, test } from 'vitest';

import { commandColumnsMax, textColumnsMin } from '../../src/cli/past/audit-lines.ts';
import type { AuditOptions, Client } from '../../src/client/api.ts';
import { GhostError } from '../../src/ghost-error.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import type { VerifyProgress, VerifyResult } from '../../src/protocol/answers.ts';
import { damagesMax } from '../../src/protocol/limits.ts';
import { noon, taskDraft, taskEventTypes } from '../support/facts.ts';
import { eventsOf, someone } from './fake-client.ts';
import { ghost, KeptOutput } from './fake-world.ts';

process.env['TZ'] = 'UTC';

const stopper = {
  ...someone,
  uid: 4_000_000,
  commandLine: '/usr/bin/node /opt/ghost/bin/ghost.cjs stop 1 \u001b[2J',
};
const daemon = { ...someone, kind: 'daemon' as const, client: 'ghostd 0.1.0', terminal: null, commandLine: null };

const events = eventsOf(
  { ...taskDraft('TaskSubmitted', { data: { command: ['make', 'a b'] } }), actor: { ...someone, uid: 4_000_000 } },
  { ...taskDraft('SignalRequested'), actor: stopper },
  { ...taskDraft('SignalSent'), actor: stopper },
  { ...taskDraft('TaskExited', { data: { outcome: { kind: 'signaled', signal: 'SIGTERM' } } }), actor: daemon },
);

function auditing(given: readonly JournalEvent[], asked: AuditOptions[] = []): Partial<Client> {
  return {
    async *audit(options = {}) {
      await Promise.resolve();
      asked.push(options);
      yield* given;
      return { seq: given.at(-1)?.seq ?? 0 };
    },
  };
}

describe('audit', () => {
  test('on a pipe it is one line for each event, with who did it, the same on any day', async () => {
    expect(await ghost(['audit'], { client: auditing(events) })).toMatchObject({
      result: 0,
      stderr: '',
      stdout: [
        "   1  2026-11-22 14:03:20.000   1  submitted: make 'a b' (by uid 4000000 on pts/3, process 812, ghost-cli 0.1.0: ghost run sleep 2)",
        '   2  2026-11-22 14:03:21.000   1  SIGTERM asked for (stop), SIGKILL to follow after 10s (by uid 4000000 on pts/3, process 812, ghost-cli 0.1.0: ghost stop 1 \\e[2J)',
        '   3  2026-11-22 14:03:22.000   1  SIGTERM to process group 21 (stop): delivered (by uid 4000000 on pts/3, process 812, ghost-cli 0.1.0: ghost stop 1 \\e[2J)',
        '   4  2026-11-22 14:03:23.000   1  ended by SIGTERM',
        '',
      ].join('\n'),
    });
  });

  test('on a terminal it fits, and says only once who did what belongs together', async () => {
    const { stdout } = await ghost(['audit', '--no-color'], {
      client: auditing(events),
      stdout: new KeptOutput({ columns: 72 }),
    });
    expect(stdout).toBe(
      [
        "   1  14:03:20.000   1  submitted: make 'a b'",
        '                        by uid 4000000 on pts/3, process 812, ghost-cli',
        '                        0.1.0: ghost run sleep 2',
        '   2  14:03:21.000   1  SIGTERM asked for (stop), SIGKILL to follow',
        '                        after 10s',
        '                        by uid 4000000 on pts/3, process 812, ghost-cli',
        '                        0.1.0: ghost stop 1 \\e[2J',
        '   3  14:03:22.000   1  SIGTERM to process group 21 (stop): delivered',
        '   4  14:03:23.000   1  ended by SIGTERM',
        '',
      ].join('\n'),
    );
  });

  test('a command line is cut where it is longer than a person reads', async () => {
    const submitted = async (word: string): Promise<string> => {
      const client = auditing(eventsOf(taskDraft('TaskSubmitted', { data: { command: [word] } })));
      return (await ghost(['audit'], { client })).stdout;
    };
    const cut = `submitted: ${'x'.repeat(commandColumnsMax - 1)}… (by`;
    const whole = 'x'.repeat(commandColumnsMax);
    expect(await submitted(whole)).toContain(`submitted: ${whole} (by`);
    expect(await submitted(`${whole}x`)).toContain(cut);
    expect(await submitted('x'.repeat(1_000_000))).toContain(cut);
    // What takes two columns does not hang over the edge.
    expect(await submitted('日'.repeat(commandColumnsMax))).toContain(
      `submitted: ${'日'.repeat(commandColumnsMax / 2 - 1)}… (by`,
    );
  });

  test('a terminal that is narrower than sentences can be wraps them by itself', async () => {
    const head = '   1  14:03:20.000   1  ';
    const first = async (command: string, columns: number): Promise<string | undefined> => {
      const client = auditing(eventsOf(taskDraft('TaskSubmitted', { data: { command: [command] } })));
      const { stdout } = await ghost(['audit', '--no-color'], { client, stdout: new KeptOutput({ columns }) });
      return stdout.split('\n', 1)[0];
    };
    const most = 'x'.repeat(textColumnsMin - 'submitted: '.length);
    for (const columns of [1, head.length + textColumnsMin]) {
      expect(await first(most, columns)).toBe(`${head}submitted: ${most}`);
      expect(await first(`${most}x`, columns)).toBe(`${head}submitted:`);
    }
    expect(await first(`${most}x`, head.length + textColumnsMin + 1)).toBe(`${head}submitted: ${most}x`);
  });

  test('in JSON it is one object a line with exactly these keys', async () => {
    const { stdout } = await ghost(['audit', '--json'], { client: auditing(events) });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(Object.keys(JSON.parse(lines[3] ?? '') as object)).toEqual([
      'seq',
      'at',
      'type',
      'task',
      'actor',
      'data',
      'hash',
    ]);
    expect(JSON.parse(lines[3] ?? '')).toMatchObject({ seq: 4, at: '2026-11-22T14:03:23.000Z', type: 'TaskExited' });
  });

  test('in JSON no event has a time that is a number', async () => {
    const drafts = taskEventTypes.map((type) => taskDraft(type));
    const sealed = taskDraft('LogSegmentSealed', { data: { firstAt: noon, lastAt: noon } });
    const { stdout } = await ghost(['audit', '--json'], { client: auditing(eventsOf(...drafts, sealed)) });
    const times = [...stdout.matchAll(/"(\w+At|at)":(?!null)([^,}]+)/g)];
    expect(new Set(times.map(([, key]) => key))).toEqual(new Set(['at', 'startedAt', 'endedAt', 'firstAt', 'lastAt']));
    for (const [, , value] of times) expect(value).toMatch(/^"\d{4}-\d\d-\d\dT[\d:.]+Z"$/);
  });

  test('what was typed becomes the question', async () => {
    const asked: AuditOptions[] = [];
    const client = { ...auditing([], asked), status: () => Promise.resolve({ events: 12 } as never) };
    const args =
      '--task web --task 4 --type taskexited --type TaskLost --since 13:00 --until 14:00 --after 7 --actor ada -f -n 5';
    await ghost(['audit', ...args.split(' ')], { client });
    await ghost(['audit', '--since', 'seq:12', '--until', 'seq:20', '--after', '3'], { client });
    await ghost(['audit'], { client });
    expect(asked).toEqual([
      {
        tasks: ['web', '4'],
        types: ['TaskExited', 'TaskLost'],
        since: new Date('2026-11-22T13:00:00.000Z'),
        until: new Date('2026-11-22T14:00:00.000Z'),
        after: 7,
        actor: 'ada',
        last: 5,
        follow: true,
      },
      { after: 11, before: 20, follow: false },
      { after: 0, follow: false },
    ]);
    // As it was typed, not as what it becomes.
    expect(await ghost(['audit', '--since', 'seq:13'], { client })).toMatchObject({
      result: 2,
      stderr: expect.stringContaining('there is no event 13: the last one in the journal is 12') as string,
    });
    expect(asked).toHaveLength(3);
  });

  test.each([
    [['--type', 'TaskExitd'], 'there are no events of type "TaskExitd"', 'ghost audit --type TaskExited'],
    [['--type', 'exited'], 'there are no events of type "exited"', 'ghost audit --type TaskExited'],
    [['--type', 'zzzzzzzzzzzzzzzz'], 'there are no events of type "zzzzzzzzzzzzzzzz"', 'ghost audit --help'],
    [['--after', 'x'], '"x" is no number of an event', 'ghost audit --after 42'],
    [['-n', '-1'], '"-1" is no number of events', 'ghost audit -n 20'],
    [['--actor='], '--actor needs a text', 'ghost audit --actor root'],
    [['--since', 'seq:9', '--until', 'seq:9'], 'nothing lies after event 8 and before event 9', 'give --since'],
    [['--verify', '--task', '1'], '--verify checks the whole journal: it takes no --task', 'ghost audit --verify'],
  ])('%j is refused before anybody is asked', async (args, message, hint) => {
    const { result, stderr, starts } = await ghost(['audit', ...args]);
    expect({ result, starts }).toEqual({ result: 2, starts: [] });
    expect(stderr).toContain(`ghost: ${message}\n  try: ${hint}`);
  });

  test('a reader that leaves ends it with 0', async () => {
    async function* endless(): AsyncGenerator<JournalEvent, { readonly seq: number }, void> {
      for (;;) {
        yield* events;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const stdout = new KeptOutput({ bytesMax: 100 });
    expect(await ghost(['audit', '-f'], { client: { audit: endless }, stdout })).toMatchObject({ result: 0 });
  });

  test('that nothing fits is said to a person, and is no failure', async () => {
    const stderr = new KeptOutput({ columns: 80 });
    expect(await ghost(['audit', '--task', '1'], { client: auditing([]), stderr })).toMatchObject({
      result: 0,
      stdout: '',
    });
    expect(stderr.text).toBe('no event fits\n');
  });
});

describe('audit --verify', () => {
  const head = 'cd'.repeat(32);
  const good: VerifyResult = { events: 1_000_000, segments: 1, head, damages: [] };
  const damage = { kind: 'event-changed', seq: 5, task: 1, file: null, message: 'event 5 was \u001b changed' } as const;

  async function* checking(result: VerifyResult): AsyncGenerator<VerifyProgress, VerifyResult, void> {
    await Promise.resolve();
    yield { events: 10, eventsTotal: 1_000_000, segments: 0, segmentsTotal: 0 };
    yield { events: 1_000_000, eventsTotal: 1_000_000, segments: 1, segmentsTotal: 2 };
    return result;
  }

  test('says how much was checked and the head', async () => {
    expect(await ghost(['audit', '--verify'], { client: { verify: () => checking(good) } })).toMatchObject({
      result: 0,
      stdout: `1000000 events and 1 segment checked: all hold\nhead ${head}\n`,
      stderr: '',
    });
  });

  test('names what does not hold, the first first, and exits with 1', async () => {
    const result = { ...good, damages: [damage, { ...damage, message: 'and so on' }] };
    expect(await ghost(['audit', '--verify'], { client: { verify: () => checking(result) } })).toMatchObject({
      result: 1,
      stdout: `event 5 was \\e changed\nand so on\n1000000 events and 1 segment checked: 2 things do not hold\nhead ${head}\n`,
    });
  });

  test('says when there are more than it tells of', async () => {
    const result = { ...good, damages: Array.from({ length: damagesMax }, () => damage) };
    const { stdout } = await ghost(['audit', '--verify'], { client: { verify: () => checking(result) } });
    expect(stdout).toContain(`checked: at least ${damagesMax} things do not hold\n`);
  });

  test('in JSON it is the whole answer', async () => {
    const result = { ...good, damages: [damage] };
    const said = await ghost(['audit', '--verify', '--json'], { client: { verify: () => checking(result) } });
    expect(said.result).toBe(1);
    expect(JSON.parse(said.stdout)).toEqual(result);
  });

  test('shows its progress on a terminal in one line, which is gone at the end', async () => {
    const stderr = new KeptOutput({ columns: 80 });
    let clock = 0;
    const client = { verify: () => checking(good) };
    await ghost(['audit', '--verify'], { client, stderr, now: () => (clock += 1000) });
    expect(stderr.text).toBe('\rchecking event 10 of 1,000,000\u001b[K\rchecking segment 1 of 2\u001b[K\r\u001b[K');
  });

  const refused = new GhostError('journal-unusable', 'the journal was changed at event 5', { hint: 'mv home away' });

  test('where the daemon refuses the journal it checks by itself, and says how to go on', async () => {
    const said = await ghost(['audit', '--verify'], {
      connect: () => Promise.reject(refused),
      loadVerifier: () =>
        Promise.resolve({
          verifyFolder: () => checking({ ...good, damages: [damage] }),
          howToGoOn: () => 'mv home away',
        }),
    });
    expect(said).toMatchObject({ result: 1, stderr: '  try: mv home away\n' });
    expect(said.stdout).toContain('event 5 was \\e changed\n');
  });

  test('where that finds nothing, what the daemon said stands', async () => {
    const said = await ghost(['audit', '--verify'], {
      connect: () => Promise.reject(refused),
      loadVerifier: () => Promise.resolve({ verifyFolder: () => checking(good), howToGoOn: () => '' }),
    });
    expect(said).toMatchObject({ result: 4, stdout: '' });
    expect(said.stderr).toContain('the journal was changed at event 5');
  });
});

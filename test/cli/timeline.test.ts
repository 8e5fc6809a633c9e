import { describe, expect, test } from 'vitest';

import { axisCellsLeast, exactMsMax, laneTexts, renderLanes } from '../../src/cli/past/lanes.ts';
import { renderSteps, wordsLeast } from '../../src/cli/past/step-lines.ts';
import { ticksOf } from '../../src/cli/past/time-axis.ts';
import { timelineOf, timelineTask, type TimelineTask } from '../../src/cli/past/timeline-model.ts';
import { stepsOf } from '../../src/cli/past/timeline-steps.ts';
import { lanesMax } from '../../src/cli/past/timeline.ts';
import { uncoloured } from '../../src/cli/style.ts';
import type { AuditOptions, Client } from '../../src/client/api.ts';
import type { DaemonGap } from '../../src/client/daemon-gaps.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import type { TaskView } from '../../src/projections/task-view.ts';
import { measureFor } from '../../src/words/display-width.ts';
import { daemonDraft, taskDraft } from '../support/facts.ts';
import { detailOf, logOf, runningView, viewOf } from './fake-client.ts';
import { ghost, KeptOutput } from './fake-world.ts';
import { after, daemonLife, eventAt, eventfulLife, graceRanOut, two } from './life.ts';

process.env['TZ'] = 'UTC';

const minute = 60_000;
const iso = (ms: number): string => new Date(two + ms).toISOString();

/** A task that was there from one minute to another. */
function span(id: number, from: number, to: number | null, view: Partial<TaskView> = {}): TimelineTask {
  const parts = { id, startedAt: iso(from * minute), command: ['make', `part-${id}`], ...view };
  const ended =
    to === null
      ? runningView(parts)
      : viewOf({ ...parts, endedAt: iso(to * minute), durationMs: (to - from) * minute });
  const steps =
    view.state === 'lost' && to !== null ? [{ atMs: two + to * minute, seq: 9, kind: 'lost' as const, text: '' }] : [];
  return timelineTask(view.state === 'lost' ? { ...ended, endedAt: null, durationMs: null } : ended, steps);
}

const crash = { fromMs: two + 70 * minute, fromSeq: 1, toMs: two + 75 * minute, toSeq: 2, how: 'crashed' } as const;
const stop = { fromMs: two + 90 * minute, fromSeq: 3, toMs: two + 95 * minute, toSeq: 4, how: 'stopped' } as const;
const six: readonly TimelineTask[] = [
  span(41, 0, 20, { name: 'build' }),
  span(42, 5, 5, { name: '日本語', state: 'failed', exitCode: 2 }),
  span(43, 20, 60, { name: 'a server with a long name', state: 'killed', exitCode: null, signal: 'SIGTERM' }),
  span(44, 30, 100, { state: 'lost', exitCode: null }),
  span(45, 65, null),
  span(46, 110, 118),
];

async function drawn(
  tasks: readonly TimelineTask[],
  width: number,
  { gaps = [crash, stop] }: { readonly gaps?: readonly DaemonGap[] } = {},
): Promise<readonly string[]> {
  const nowMs = two + 120 * minute;
  const timeline = timelineOf(tasks, { fromMs: null, toMs: null, nowMs, gaps });
  return renderLanes(timeline, { width, style: uncoloured, measure: await measureFor(laneTexts(timeline)), nowMs });
}

describe('lanes', () => {
  test('at 60 columns the outcome gives way to the axis', async () => {
    expect(await drawn(six, 60)).toEqual([
      '2026-11-22 14:00:00 to 16:00:00, 2h 00m, 6 tasks',
      '',
      '                   14:00   14:30   15:00   15:30',
      '                   ┬───────┬───────┬─╳  ───  ─────┬',
      '41  build          ─────●                            20m 00s',
      '42  日本語          ✗                                    0ms',
      '43  a server wit…       ╍╍╍╍╍╍╍╍╍╍╍◆                 40m 00s',
      '44  make part-44           ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄?             -',
      '45  make part-45                    ━━━━━━━━━━━━━━▶  55m 00s',
      '46  make part-46                                ──●   8m 00s',
      '',
      '━▶ runs   ─● ended well   ═✗ failed   ╍◆ killed   ┄? lost',
      '╳ the daemon crashed   ─ ─ no daemon ran',
    ]);
  });

  test.for([60, 80, 200])('at %d columns every line fits, and every state has its own glyph', async (width) => {
    const lines = await drawn(six, width);
    const measure = await measureFor(lines);
    for (const line of lines) expect(measure(line), line).toBeLessThanOrEqual(width);
    const [, , , axis, build, tests, server, lost, running] = lines;
    expect(axis).toMatch(/^ +┬─+.*╳ +─+┬?─* +─+/);
    expect(build).toMatch(/^41 {2}build +─+● /);
    expect(tests).toMatch(/^42 {2}日本語 +✗ /);
    expect(server).toMatch(/╍+◆ /);
    expect(lost).toMatch(/┄+\? /);
    expect(running).toMatch(/━+▶ /);
  });

  test('a task of a millisecond beside one of a year, and one that is all there is, have a place', async () => {
    const year = 365 * 24 * 60;
    const [tiny, huge] = [span(1, 60, 60), span(2, -year, 120)];
    expect((await drawn([tiny, huge], 80, { gaps: [] })).slice(2, 6)).toEqual([
      '                     2026-01    2026-04     2026-07     2026-10',
      '                ─────┬──────────┬───────────┬───────────┬──────',
      '1  make part-1                                                ●  exited      0ms',
      '2  make part-2  ──────────────────────────────────────────────●  exited  365d 2h',
    ]);
    const lines = await drawn([tiny], 80, { gaps: [] });
    expect(lines[0]).toBe('2026-11-22 15:00:00.000 to 15:00:00.001, 1ms, 1 task');
    expect(lines[4]).toMatch(/^1 {2}make part-1 {2}● +exited +0ms$/);
  });

  test('the outcome gives way where the axis would have fewer columns than it needs', async () => {
    /** The columns of the axis, and whether the outcome stands beside it. */
    const at = async (width: number): Promise<readonly [number, boolean]> => {
      const lines = await drawn([span(1, 0, 20), span(2, 20, 60)], width, { gaps: [] });
      return [/[─┬]+/.exec(lines[3] ?? '')?.[0].length ?? 0, lines[4]?.includes('exited') === true];
    };
    let width = 40;
    while (!(await at(width))[1]) width += 1;
    expect((await at(width))[0]).toBe(axisCellsLeast);
    expect((await at(width + 1))[0]).toBe(axisCellsLeast + 1);
    expect((await at(width - 1))[0]).toBeGreaterThan(axisCellsLeast);
  });

  test('a span that is short is told with its milliseconds', async () => {
    const headline = async (ms: number): Promise<string | undefined> =>
      (await drawn([span(1, 0, ms / minute)], 80, { gaps: [] }))[0];
    expect(await headline(exactMsMax - 1)).toContain('14:00:00.000 to 14:00:09.999, ');
    expect(await headline(exactMsMax)).toContain('14:00:00 to 14:00:10, ');
  });

  test('a thousand tasks are a thousand lanes', async () => {
    const tasks = Array.from({ length: 1000 }, (_, place) => span(place + 1, place / 10, place / 10 + 1));
    const lines = await drawn(tasks, 200);
    expect(lines.filter((line) => line.includes('●'))).toHaveLength(1001);
    expect(lines[1003]).toMatch(/^1000 {2}make part-1000 +─*● /);
  });

  test('what ran while the clock was set back is drawn, and nothing ends before it began', async () => {
    const [back] = [span(7, 30, 10, { durationMs: 0 })];
    const lines = await drawn([back, span(8, 0, 60)], 80, { gaps: [] });
    expect(lines[4]).toMatch(/^7 {2}make part-7 +● +exited +0ms$/);
  });

  test('a lane that goes on beyond the end that was typed says so, and one outside of it is empty', async () => {
    const timeline = timelineOf([span(1, 0, 60), span(2, 50, 60)], {
      fromMs: two + 10 * minute,
      toMs: two + 40 * minute,
      nowMs: two + 120 * minute,
      gaps: [crash],
    });
    const lines = renderLanes(timeline, { width: 60, style: uncoloured, measure: (text) => text.length, nowMs: two });
    expect(lines[4]).toMatch(/^1 {2}make part-1 {2}─+▷ /);
    expect(lines[5]).toMatch(/^2 {2}make part-2 +exited +10m 00s$/);
    expect(lines.at(-1)).toBe('─● ended well   ▷ goes on');
  });

  test('a name cannot move the cursor', async () => {
    const lines = await drawn([span(1, 0, 60, { name: '\u001b[2J\u202eevil' })], 80);
    expect(lines[4]).toContain('1  \\e[2J\\u{202e}evil');
  });
});

describe('the axis', () => {
  test.for([
    [10, ['14:00:00.000', '14:00:00.005', '']],
    [5000, ['14:00:00', '14:00:02', '14:00:04']],
    [3_600_000, ['14:00', '14:15', '14:30', '14:45', '']],
    [86_400_000, ['18:00', '11-23', '06:00', '']],
    [30 * 86_400_000, ['11-23', '11-30', '12-07', '12-14', '']],
    [3 * 365 * 86_400_000, ['2027', '2028', '2029']],
  ] as const)('of %d ms has ticks at round times: %j', ([ms, labels]) => {
    const ticks = ticksOf({ fromMs: two, toMs: two + ms, cells: 40 });
    expect(ticks.map(({ label }) => label)).toEqual(labels);
  });

  test('labels never overlap and never leave it', () => {
    for (let cells = 8; cells <= 200; cells += 7) {
      for (let ms = 1; ms < 4e11; ms *= 3.7) {
        let free = 0;
        for (const { cell, label } of ticksOf({ fromMs: two, toMs: two + ms, cells })) {
          expect(cell).toBeGreaterThanOrEqual(free);
          free = cell + label.length + 1;
          expect(free - 1).toBeLessThanOrEqual(cells);
        }
      }
    }
  });
});

const crashedGap = {
  fromMs: two + 50_000,
  fromSeq: 7,
  toMs: two + 119_000,
  toSeq: 8,
  how: 'crashed',
} as const;

describe('steps', () => {
  const stepsWith = (events: readonly JournalEvent[]) =>
    stepsOf(events, { gaps: [crashedGap], firstOutputMs: two + 20_000 });

  test('tell a life in order, with what belongs together in one', () => {
    expect(stepsWith(eventfulLife).map(({ seq, kind, atMs }) => [seq, kind, atMs - two])).toEqual([
      [2, 'submitted', 0],
      [3, 'shim', 4],
      [4, 'started', 9],
      [null, 'first-output', 20_000],
      [6, 'log-stored', 30_000],
      [7, 'daemon-crashed', 50_000],
      [8, 'daemon-started', 119_000],
      [10, 'adopted', 120_000],
      [12, 'signal', 150_000],
      [13, 'exited', 150_099],
      [14, 'log-complete', 150_110],
    ]);
    const texts = stepsWith(eventfulLife).map(({ text }) => text);
    expect(texts[4]).toBe('8.0 KiB of its stdout compressed to 1000 B, in 2 pieces until 14:00:40');
    expect(texts[7]).toBe('found alive without a daemon, process 21, its shim alive; taken up by the new daemon');
    expect(texts[8]).toBe(
      'SIGTERM asked for (stop) by ghost-cli 0.1.0 (process 4242, user 1000, /dev/pts/3), SIGKILL to follow after 10s → delivered',
    );
  });

  test('a signal whose answer is not known yet is told as it was asked for', () => {
    const steps = stepsWith(eventfulLife.filter(({ type }) => type !== 'SignalSent' && type !== 'TaskExited'));
    expect(steps.find(({ kind }) => kind === 'signal')).toMatchObject({
      seq: 11,
      text: expect.not.stringContaining('→') as string,
    });
  });

  test('a SIGKILL that follows a SIGTERM is told as such, also while its answer is not known', () => {
    const told = (events: readonly JournalEvent[]) =>
      stepsOf(events, { gaps: [], firstOutputMs: null })
        .filter(({ kind }) => kind === 'signal')
        .map(({ atMs, seq, text }) => [atMs - two, seq, text.replace(/ by .*?\)/, '')]);
    expect(told(graceRanOut)).toEqual([
      [20_000, 21, 'SIGTERM asked for (stop), SIGKILL to follow after 10s → delivered'],
      [30_000, 23, 'SIGKILL asked for (the grace ran out) → delivered'],
    ]);
    expect(told(graceRanOut.slice(0, -2)).at(-1)).toEqual([30_000, 22, 'SIGKILL asked for (the grace ran out)']);
  });

  test('an end that a later daemon found stands before that daemon', () => {
    const found = eventAt(
      9,
      119_500,
      taskDraft('TaskExited', {
        data: { endedAt: after(80_000), observed: 'found', outcome: { kind: 'exited', code: 0 } },
      }),
    );
    const kinds = stepsWith([...eventfulLife.slice(0, 3), found]).map(({ kind }) => kind);
    expect(kinds.slice(-3)).toEqual(['daemon-crashed', 'exited', 'daemon-started']);
  });

  test('a daemon that crashed before the task was there, or after its log was complete, is none of its business', () => {
    const early = { ...crashedGap, fromSeq: 0, toSeq: 1 };
    const late = { ...crashedGap, fromSeq: 20, toSeq: 21 };
    const steps = stepsOf(eventfulLife, { gaps: [early, late], firstOutputMs: null });
    expect(steps.filter(({ kind }) => kind.startsWith('daemon'))).toEqual([]);
  });

  test('a daemon that saw the first output had not crashed by then', () => {
    const steps = stepsOf(eventfulLife, { gaps: [crashedGap], firstOutputMs: two + 60_000 });
    expect(steps.filter(({ atMs }) => atMs === two + 60_000).map(({ kind }) => kind)).toEqual([
      'first-output',
      'daemon-crashed',
    ]);
  });

  test('where the clock was set back the order of the journal holds', () => {
    const [submitted, spawned, started] = eventfulLife;
    if (submitted === undefined || spawned === undefined || started === undefined) throw new Error('a life begins');
    const back = eventAt(5, -60_000, taskDraft('TaskExited', { data: { endedAt: after(-60_000) } }));
    const steps = stepsOf([submitted, spawned, started, back], { gaps: [], firstOutputMs: null });
    expect(steps.map(({ kind }) => kind)).toEqual(['submitted', 'shim', 'started', 'exited']);
    expect(timelineTask(viewOf(), steps)).toMatchObject({ beganMs: two + 9, endedMs: two + 9 });
  });

  test.for([60, 80, 200])('at %d columns every line fits', async (width) => {
    const task = timelineTask(viewOf({ name: 'web' }), stepsWith(eventfulLife));
    const lines = await renderSteps(task, { width, style: uncoloured, nowMs: two });
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(width);
    expect(lines).toContainEqual(expect.stringMatching(/^14:00:50\.000 +\+49\.9s {2}╳ the daemon crashed/));
    expect(lines).toContainEqual(expect.stringMatching(/^14:00:00\.009 +0 {2}● started, process 21$/));
    expect(lines).toContainEqual(expect.stringMatching(/^14:00:00\.000 +-9ms {2}○ submitted by ghost-cli/));
  });

  test('the words of a step get so many columns, however narrow the terminal', async () => {
    const head = '14:00:00.000  0  ■ ';
    const last = async (word: string, width: number): Promise<string | undefined> => {
      const step = { atMs: two, seq: 1, kind: 'exited', text: `it ${word}` } as const;
      const drawing = { width, style: uncoloured, nowMs: two };
      const lines = await renderSteps(timelineTask(viewOf({ startedAt: iso(0) }), [step]), drawing);
      return lines.find((line) => line.startsWith(head))?.slice(head.length);
    };
    const most = 'x'.repeat(wordsLeast - 'it '.length);
    for (const width of [1, head.length + wordsLeast]) {
      expect(await last(most, width)).toBe(`it ${most}`);
      expect(await last(`${most}x`, width)).toBe('it');
    }
    expect(await last(`${most}x`, head.length + wordsLeast + 1)).toBe(`it ${most}x`);
  });
});

/** The part of a client that a timeline needs, with the life above as task 1. */
function clientOf(parts: Partial<Client> = {}): Partial<Client> {
  return {
    show: () =>
      Promise.resolve(detailOf(viewOf({ id: 1, name: 'web' }), { submittedAt: iso(0), events: eventfulLife })),
    async *audit({ tasks, types, after: seq = 0 }: AuditOptions = {}) {
      if (tasks !== undefined) {
        yield* eventfulLife.filter(({ task }) => tasks.includes(String(task)));
        return { seq: 14 };
      }
      yield* daemonLife.filter((event) => event.seq > seq && (types === undefined || types.includes(event.type)));
      return { seq: 14 };
    },
    log: () => logOf([['stdout', 'x', { at: iso(20_000) }]]),
    ...parts,
  };
}

describe('ghost timeline', () => {
  test('--json gives the span, when no daemon ran, and the steps of each task', async () => {
    const { result, stdout } = await ghost(['timeline', '--json', 'web'], { client: clientOf() });
    expect(result).toBe(0);
    const drawn = JSON.parse(stdout) as { tasks: readonly { steps: readonly unknown[] }[] };
    expect(drawn).toMatchObject({
      from: iso(9),
      to: iso(150_099),
      daemonGaps: [{ from: iso(50_000), to: iso(119_000), how: 'crashed' }],
      tasks: [{ id: 1, name: 'web', state: 'exited' }],
    });
    expect(drawn.tasks[0]?.steps[3]).toEqual({
      at: iso(20_000),
      seq: null,
      kind: 'first-output',
      text: 'its first output was seen',
      sinceStartMs: 19_991,
    });
  });

  test('of a task that ended long ago it asks for no more starts of daemons than the first one since', async () => {
    const asked: AuditOptions[] = [];
    let pulled = 0;
    const later = Array.from({ length: 1_000 }, (_, index) => [
      eventAt(100 + 2 * index, 200_000 + index * 10_000, daemonDraft('DaemonStopped')),
      eventAt(
        101 + 2 * index,
        205_000 + index * 10_000,
        daemonDraft('DaemonStarted', { data: { previous: 'stopped' } }),
      ),
    ]).flat();
    const client = clientOf({
      async *audit(options: AuditOptions = {}) {
        asked.push(options);
        const { types = [], after: seq = 0, before = Infinity } = options;
        for (const event of [...daemonLife, ...later]) {
          if (event.seq <= seq || event.seq >= before || (types.length > 0 && !types.includes(event.type))) continue;
          pulled += 1;
          yield event;
        }
        return { seq: 14 };
      },
    });
    const { stdout } = await ghost(['timeline', '--json', 'web'], { client });
    expect(JSON.parse(stdout)).toMatchObject({ daemonGaps: [{ from: iso(50_000), to: iso(119_000), how: 'crashed' }] });
    // The starts and stops, and what came before the start after the crash: a stop tells its own time.
    expect(asked).toHaveLength(2);
    expect(pulled).toBeLessThan(6);
  });

  test('one task is drawn as steps, several as lanes, 80 columns wide in a pipe', async () => {
    for (const words of [['web'], ['web', 'web']]) {
      const { stdout: steps } = await ghost(['timeline', ...words], { client: clientOf() });
      expect(steps).toMatch(/^task 1 web {2}exited with 0/);
    }
    const { stdout } = await ghost(['timeline', 'web', '1', '2'], {
      client: clientOf({
        show: (task) =>
          Promise.resolve(
            detailOf(viewOf({ id: task === '2' ? 2 : 1 }), { submittedAt: iso(0), events: eventfulLife }),
          ),
      }),
    });
    expect(stdout.split('\n')[0]).toMatch(/2 tasks$/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('without a task, those of `ghost list`; with a time, those that ran in it', async () => {
    const asked: unknown[] = [];
    const client = clientOf({
      list: (options) => {
        asked.push(['list', options]);
        return Promise.resolve([viewOf({ id: 3 })]);
      },
      async *history(...given) {
        asked.push(['history', ...given]);
        yield viewOf({ id: 1 });
      },
      show: (id) =>
        Promise.resolve(detailOf(viewOf({ id: Number(id) }), { submittedAt: iso(0), events: eventfulLife })),
    });
    const ids = async (...words: string[]): Promise<unknown> => {
      const { stdout } = await ghost(['timeline', '--json', ...words], { client });
      return (JSON.parse(stdout) as { tasks: readonly { id: number }[] }).tasks.map(({ id }) => id);
    };
    expect(await ids()).toEqual([3]);
    expect(asked.splice(0)).toEqual([['list', undefined]]);
    expect(await ids('--since', '14:00', '--until', '14:30')).toEqual([1, 3]);
    const [since, until] = [iso(0), iso(30 * minute)];
    expect(asked).toEqual([
      ['list', { states: ['running'], all: true, at: { kind: 'time', time: since } }],
      [
        'history',
        {
          terms: [
            { not: false, field: 'since', time: since },
            { not: false, field: 'until', time: until },
          ],
        },
        { limit: lanesMax + 1 },
      ],
    ]);
  });

  test('of one task, --since and --until are those of its steps', async () => {
    const { stdout } = await ghost(['timeline', 'web', '--since', '14:00:30', '--until', '14:02:30'], {
      client: clientOf(),
    });
    expect(stdout).toMatch(/^14:00:30\.000 .*compressed/m);
    expect(stdout).not.toMatch(/submitted by|SIGTERM asked/);
  });

  test('lanes ask for the events of those only whose times are not told otherwise', async () => {
    const asked: unknown[] = [];
    const view = (id: number, parts: Partial<TaskView> = {}) => viewOf({ id, ...parts });
    const views = [
      view(1),
      view(2, { state: 'lost', endedAt: null }),
      runningView({ id: 3, startedAt: null }),
      view(4, { state: 'failed', startedAt: null }),
      runningView({ id: 5 }),
    ];
    const client = clientOf({
      list: () => Promise.resolve(views),
      async *audit({ tasks = [] }: AuditOptions = {}) {
        if (tasks.length > 0) asked.push(tasks);
        for (const id of tasks) yield eventAt(2, 0, taskDraft('TaskSubmitted', { task: Number(id) }));
        return { seq: 14 };
      },
    });
    const { stdout } = await ghost(['timeline'], { client });
    expect(asked).toEqual([['2', '3']]);
    expect(stdout.split('\n')[0]).toMatch(/^2026-11-22 14:00:00 to 14:05:00, 5m 00s, 5 tasks$/);
  });

  test('more tasks than can be drawn are told of, and the newest are drawn', async () => {
    const all = Array.from({ length: lanesMax + 1 }, (_, place) => viewOf({ id: place + 1 }));
    const asked: (readonly string[])[] = [];
    const { stdout, stderr } = await ghost(['timeline', '--json'], {
      client: clientOf({
        list: () => Promise.resolve(all),
        async *audit({ tasks }: AuditOptions = {}) {
          if (tasks !== undefined) asked.push(tasks);
          for (const id of tasks ?? []) yield eventAt(2, 0, taskDraft('TaskSubmitted', { task: Number(id) }));
          return { seq: 14 };
        },
      }),
    });
    // All of them in one stream: to ask for each took the daemon some milliseconds a task.
    expect(asked).toEqual([all.slice(1).map(({ id }) => String(id))]);
    const { tasks } = JSON.parse(stdout) as { tasks: readonly { id: number; steps: readonly unknown[] }[] };
    expect(tasks.map(({ id, steps }) => [id, steps.length])).toEqual(all.slice(1).map(({ id }) => [id, 1]));
    expect(stderr).toBe(`ghost: only the newest ${lanesMax} tasks are drawn; name a shorter time for the others\n`);
  });

  test('where there is nothing to draw it says so on stderr', async () => {
    const client = clientOf({ list: () => Promise.resolve([]) });
    expect(await ghost(['timeline'], { client })).toMatchObject({
      result: 0,
      stdout: '',
      stderr: expect.stringContaining('no tasks to show'),
    });
  });

  test('on a terminal it takes the width that there is', async () => {
    const { stdout } = await ghost(['timeline', 'web'], {
      stdout: new KeptOutput({ columns: 60 }),
      client: clientOf(),
      environment: { NO_COLOR: '1' },
    });
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(60);
  });
});

import fc from 'fast-check';

import type { DataOf, EventDraft } from '../../src/journal/events.ts';
import type { FilterTerm, TaskFilter } from '../../src/projections/task-filter.ts';
import { microseconds, noon, taskDraft, type taskEventTypes } from './facts.ts';

/** Lives of tasks as ghost writes them, with all that people do to them, for property tests with a real journal. */

const names = ['web', 'db', 'Build 9'];
const tags = ['ci', 'gpu', 'nightly'];
const folders = ['/', '/srv', '/srv/app', '/srv/app/web', '/srv/application'];
const commands = [
  ['make'],
  ['npm', 'TEST'],
  ['sh', '-c', 'echo "é" | tr a-z A-Z'],
  ['x'],
  ['ÄÖ', '日本語のテスト', ' '],
];
const outcomes: readonly DataOf<'TaskExited'>['outcome'][] = [
  { kind: 'exited', code: 0 },
  { kind: 'exited', code: 1 },
  { kind: 'exited', code: 255 },
  { kind: 'signaled', signal: 'SIGTERM' },
  { kind: 'signaled', signal: 'SIGKILL' },
];

type Step = <T extends (typeof taskEventTypes)[number]>(type: T, data?: Partial<DataOf<T>>) => EventDraft;

/** What can happen to a task at any time of its life. */
const incident = fc.oneof(
  fc.record({ kind: fc.constant('rename' as const), name: fc.option(fc.constantFrom(...names)) }),
  fc.record({
    kind: fc.constant('tag' as const),
    added: fc.subarray(tags),
    removed: fc.subarray(tags),
  }),
  fc.record({ kind: fc.constant('forget' as const) }),
  fc.record({ kind: fc.constant('signal' as const), answered: fc.boolean() }),
  fc.record({ kind: fc.constant('seal' as const), bytes: fc.constantFrom(10, 100_000) }),
  fc.record({ kind: fc.constant('prune' as const) }),
  fc.record({ kind: fc.constant('adopt' as const) }),
);

function life(task: number): fc.Arbitrary<readonly EventDraft[]> {
  const step: Step = (type, data = {}) => taskDraft(type, { task, data });
  return fc
    .record({
      name: fc.option(fc.constantFrom(...names)),
      tags: fc.subarray(tags),
      cwd: fc.constantFrom(...folders),
      command: fc.constantFrom(...commands),
      outcome: fc.constantFrom(...outcomes),
      ending: fc.constantFrom('exit', 'exit', 'exit', 'lost', 'refused'),
      tookMs: fc.constantFrom(0, 400, 5_000, 90_000),
      log: fc.record({ stdoutBytes: fc.constantFrom(0, 100, 70_000), stderrBytes: fc.constantFrom(0, 5) }),
      cut: fc.nat(5),
      incidents: fc.array(fc.record({ at: fc.nat(8), what: incident }), { maxLength: 4 }),
    })
    .map(({ incidents, ending, outcome, cut, tookMs, log, ...facts }) => {
      const submitted = step('TaskSubmitted', { ...facts, requestId: `run-${task}`, uuid: uuidOf(task) });
      const exit =
        ending === 'lost'
          ? step('TaskLost')
          : step('TaskExited', { outcome, endedAt: microseconds(noon + tookMs * 1000) });
      const whole =
        ending === 'refused'
          ? [submitted, step('TaskStartFailed')]
          : [submitted, step('TaskSpawned'), step('TaskStarted', { startedAt: noon }), exit, step('LogClosed', log)];
      const events = whole.slice(0, 1 + cut);
      for (const [index, { at, what }] of incidents.entries()) {
        const requestId = `ask-${index}`;
        const more: EventDraft[] = [];
        if (what.kind === 'rename') more.push(step('TaskRenamed', { requestId, name: what.name }));
        if (what.kind === 'tag') more.push(step('TaskTagged', { requestId, added: what.added, removed: what.removed }));
        if (what.kind === 'forget' && index === 0) more.push(step('TaskForgotten', { requestId }));
        if (what.kind === 'adopt') more.push(step('TaskAdopted'));
        if (what.kind === 'signal') {
          more.push(step('SignalRequested', { requestId }));
          if (what.answered) more.push(step('SignalSent', { requestId }));
        }
        const range = { from: index * 100, to: index * 100 + 100 };
        if (what.kind === 'seal') more.push(step('LogSegmentSealed', { index, ...range, bytes: what.bytes }));
        if (what.kind === 'prune') more.push(step('LogSegmentPruned', { ...range, file: null }));
        events.splice(1 + (at % events.length), 0, ...more);
      }
      return events;
    });
}

/** Tasks from 250 on, so that the block in which texts are indexed ends in the midst of them; their lives interleaved. */
export const randomLives: fc.Arbitrary<readonly EventDraft[]> = fc
  .tuple(...Array.from({ length: 9 }, (_, index) => life(250 + index)))
  .chain((lives) => fc.tuple(fc.constant(lives), fc.array(fc.nat(8), { minLength: 80, maxLength: 80 })))
  .map(([lives, order]) => {
    // Numbers are given in the order of the submissions: none begins before the one before it.
    const left = lives.map((events) => [...events]);
    const begun = (index: number): boolean => left[index]?.length !== lives[index]?.length;
    const woven = order.flatMap((pick) => (pick === 0 || begun(pick - 1) ? (left[pick]?.splice(0, 1) ?? []) : []));
    return [...woven, ...left.flat()];
  });

const term: fc.Arbitrary<FilterTerm> = fc
  .tuple(
    fc.boolean(),
    fc.oneof(
      fc
        .constantFrom('a', 'ake', 'npm t', 'NPM TEST', 'é', '日本語', '"', 'build', 'nothing like it', ' ')
        .map((text) => ({
          field: 'text' as const,
          text,
        })),
      fc.constantFrom('running', 'exited', 'failed', 'killed', 'lost').map((state) => ({
        field: 'state' as const,
        state: state as 'running',
      })),
      fc.constantFrom(0, 1, 255, 7).map((code) => ({ field: 'exit' as const, code })),
      fc.constantFrom('SIGTERM', 'SIGKILL', 'SIGHUP').map((signal) => ({ field: 'signal' as const, signal })),
      fc.constantFrom(...names, 'none').map((name) => ({ field: 'name' as const, name })),
      fc.constantFrom(...tags, 'none').map((tag) => ({ field: 'tag' as const, tag })),
      fc.constantFrom(...folders, '/srv/', '/tmp').map((folder) => ({ field: 'cwd' as const, folder })),
      fc
        .record({ field: fc.constantFrom('since' as const, 'until' as const), ms: fc.integer({ min: -5, max: 90 }) })
        .map(({ field, ms }) => ({ field, time: new Date(noon / 1000 + ms).toISOString() })),
      fc.record({
        field: fc.constantFrom('longer' as const, 'shorter' as const),
        durationMs: fc.constantFrom(0, 399, 400, 5_000, 60_000, 100_000),
      }),
    ),
  )
  .map(([not, rest]) => ({ not, ...rest }));

export const randomFilter: fc.Arbitrary<TaskFilter> = fc.record({
  terms: fc.array(term, { maxLength: 4 }),
  forgotten: fc.boolean(),
});

function uuidOf(task: number): string {
  return `${(task * 7_654_321).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

import { expect, test } from 'vitest';

import type { TaskDetail } from '../../src/protocol/answers.ts';
import { knownFrom, viewOf } from '../../src/ui/known-tasks.ts';
import { pageLinesOf } from '../../src/ui/page-lines.ts';
import { reduceScreen } from '../../src/ui/screen-reducer.ts';
import { initialScreen, type ScreenState } from '../../src/ui/screen-state.ts';
import { detailOf } from '../cli/fake-client.ts';
import { noon } from '../support/facts.ts';
import { tasksNumbered } from './made-tasks.ts';

const known = knownFrom(tasksNumbered(1));
const nowMs = noon / 1_000 + 3_600_000;

function detailOfTheFirst(): TaskDetail {
  const [task] = known.tasks.values();
  if (task === undefined) throw new Error('there is a task');
  return detailOf({ ...viewOf(task), startedAt: new Date(noon / 1_000).toISOString() });
}

function took(state: ScreenState): string | undefined {
  const page = { kind: 'details', task: 1, detail: detailOfTheFirst(), why: [], problem: null, top: 0 } as const;
  const lines = pageLinesOf(reduceScreen(state, { type: 'page', page }));
  return lines.find(({ text }) => text.startsWith('took'))?.text.replace(/^took +/, '');
}

test('how long a task has run counts to the moment that is shown: now, or then', () => {
  const now = reduceScreen(initialScreen({ size: { columns: 100, rows: 30 }, nowMs }), { type: 'connected', known });
  expect(took(now)).toBe('1h 00m');
  const past = { known, atMs: noon / 1_000 + 5_000, events: [], playing: false, speed: 10, busy: false };
  expect(took(reduceScreen(now, { type: 'past', past }))).toBe('5.0s');
});

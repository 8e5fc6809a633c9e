import { stripVTControlCharacters } from 'node:util';

import { expect, test } from 'vitest';

import { historyLines, wideColumns } from '../../src/ui/history-lines.ts';
import { themeFor } from '../../src/ui/theme.ts';
import { fakeTask } from '../protocol/served.ts';

test('a line of the history has how a task ended and when it began where there is room, and the command always', () => {
  const task = { ...fakeTask(7), state: 'exited', exitCode: 0, startedAt: '2026-11-22T14:03:20.000Z' } as const;
  const page = {
    kind: 'history',
    filter: { text: '', terms: null, problem: null },
    tasks: [task],
    selected: 0,
    top: 0,
    complete: true,
    busy: false,
    problem: null,
  } as const;
  const lines = (inner: number): readonly string[] =>
    historyLines(page, { inner, height: 5, theme: themeFor({ colour: false }) }).map(({ text }) =>
      stripVTControlCharacters(text).trimEnd(),
    );
  expect(lines(wideColumns)).toEqual([
    '     ID  State    Exit      Started              Command',
    expect.stringMatching(/^› {5}7 {2}exited {3}0 {9}2026-11-22 \d\d:03:20 {2}sleep 1$/),
  ]);
  expect(lines(wideColumns - 1)).toEqual(['     ID  State    Command', '›     7  exited   sleep 1']);
});

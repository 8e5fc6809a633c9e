import { describe, expect, test } from 'vitest';

import type { PruneOptions } from '../../src/client/api.ts';
import type { PruneResult } from '../../src/protocol/answers.ts';
import { centuryMs, formatDuration } from '../../src/words/duration.ts';
import { ghost } from './fake-world.ts';

const some: PruneResult = {
  tasks: [
    { id: 7, bytes: 12_897_485 },
    { id: 42, bytes: 512 },
  ],
  tasksTotal: 2,
  bytes: 12_897_997,
  forgotten: [],
  forgottenTotal: 0,
};

async function pruned(argv: readonly string[], result = some) {
  const asked: (PruneOptions | undefined)[] = [];
  const said = await ghost(['prune', ...argv], {
    client: {
      prune: (options) => {
        asked.push(options);
        return Promise.resolve(result);
      },
    },
  });
  return { ...said, asked };
}

describe('prune', () => {
  test('says of which tasks how much was taken, and the sum', async () => {
    expect(await pruned([])).toMatchObject({
      result: 0,
      stdout: ' 7  12.3 MiB\n42     512 B\n12.3 MiB of 2 tasks taken\n',
      stderr: '',
      asked: [{ dryRun: false }],
    });
  });

  test('says how many more there are than are told of one by one', async () => {
    const many = { ...some, tasksTotal: 1_000_000, forgotten: [7, 42], forgottenTotal: 12_002 };
    expect((await pruned(['--forget'], many)).stdout).toBe(
      ' 7  12.3 MiB\n42     512 B\n… and 999,998 more\n12.3 MiB of 1000000 tasks taken\n' +
        '12002 tasks hidden: 7 42 … and 12,000 more\n',
    );
  });

  test('takes nothing in a dry run, and says so', async () => {
    const { stdout, asked } = await pruned(['--dry-run']);
    expect(stdout).toBe(' 7  12.3 MiB\n42     512 B\n12.3 MiB of 2 tasks would go; nothing was taken\n');
    expect(asked).toEqual([{ dryRun: true }]);
  });

  test('says that there is nothing to take', async () => {
    const nothing = { tasks: [], tasksTotal: 0, bytes: 0, forgotten: [], forgottenTotal: 0 };
    expect((await pruned([], nothing)).stdout).toBe('there was nothing to take\n');
    expect((await pruned(['--dry-run'], nothing)).stdout).toBe('nothing would go\n');
  });

  test('asks for the limits that were given', async () => {
    expect((await pruned(['--older', '30d', '--keep', '5', '--max-log', '500MB'])).asked).toEqual([
      {
        endedBefore: new Date('2026-10-23T14:05:00.000Z'),
        keepTasks: 5,
        maxBytes: 500_000_000,
        dryRun: false,
      },
    ]);
    expect((await pruned(['--max-log', '2GiB'])).asked).toEqual([{ maxBytes: 2_147_483_648, dryRun: false }]);
    expect((await pruned(['--max-log', '1048576', '--keep', '0'])).asked).toEqual([
      { keepTasks: 0, maxBytes: 1_048_576, dryRun: false },
    ]);
  });

  test('names the tasks, each once, and hides them where that was said', async () => {
    const hidden = { tasks: [], tasksTotal: 0, bytes: 0, forgotten: [7, 42], forgottenTotal: 2 };
    const { stdout, asked } = await pruned(['7', 'web', '7', '--forget'], hidden);
    expect(stdout).toBe('2 tasks hidden: 7 42\n');
    const many = { ...hidden, forgotten: [1, 2, 3, 4, 7, 8, 10, 12, 13, 14], forgottenTotal: 10 };
    expect((await pruned(['--forget'], many)).stdout).toBe('10 tasks hidden: 1-4 7 8 10 12-14\n');
    expect(asked).toEqual([{ tasks: ['7', 'web'], forget: true, dryRun: false }]);
    expect((await pruned(['--forget', '--dry-run'], { ...some, forgotten: [7], forgottenTotal: 1 })).stdout).toBe(
      ' 7  12.3 MiB\n42     512 B\n12.3 MiB of 2 tasks would go; nothing was taken\n1 task would be hidden: 7\n',
    );
  });

  test('takes a hundred years for the oldest that there is', async () => {
    const words = (ms: number): readonly string[] => ['--older', formatDuration(ms)];
    expect((await pruned(words(centuryMs))).asked).toEqual([
      { endedBefore: new Date(Date.parse('2026-11-22T14:05:00.000Z') - centuryMs), dryRun: false },
    ]);
    const over = await pruned(words(centuryMs + 1));
    expect(over).toMatchObject({ result: 2, asked: [] });
    expect(over.stderr).toContain(`is too long: a duration is at most ${formatDuration(centuryMs)}`);
  });

  test('in JSON is one object', async () => {
    expect(JSON.parse((await pruned(['--json'])).stdout)).toEqual(some);
  });

  test.for([
    [['--older', 'old'], '"old" is no duration'],
    [['--older', '30'], 'the duration "30" has no unit; did you mean 30s?'],
    [['--older', '99999d'], '99999d is too long: a duration is at most 36525d'],
    [['--keep', 'some'], '"some" is no number of tasks'],
    [['--max-log', 'big'], '"big" is no size'],
    [['--max-log', '10%'], '"10%" is no size'],
    [[''], 'prune was given an empty word'],
  ] as const)('%j is refused before anything is asked', async ([argv, message]) => {
    const said = await ghost(['prune', ...argv]);
    expect(said).toMatchObject({ result: 2, stdout: '', starts: [] });
    expect(said.stderr.split('\n')[0]).toBe(`ghost: ${message}`);
  });
});

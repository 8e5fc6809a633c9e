import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { commandTable } from '../../src/cli/command-table.ts';
import { eventColumnsMin } from '../../src/cli/detail-block.ts';
import { GhostError } from '../../src/ghost-error.ts';
import { microsecondsOf } from '../../src/microseconds.ts';
import type { DaemonStatus } from '../../src/protocol/answers.ts';
import { taskDraft } from '../support/facts.ts';
import { detailOf, eventsOf, killedView, runningView, someone, task42, viewOf } from './fake-client.ts';
import { ghost, KeptOutput } from './fake-world.ts';

process.env['TZ'] = 'UTC';

describe('list', () => {
  const tasks = [
    runningView({ id: 7, name: 'web', command: ['npm', 'start', '--', 'two words'] }),
    viewOf({ id: 41, startedAt: '2026-11-21T10:00:00.000Z', durationMs: 3_723_000 }),
    killedView({ id: 42, command: ['echo', '\u001b[31mred', '\u202e'] }),
  ];
  const client = { list: () => Promise.resolve(tasks) };

  test('on a pipe it is plain, whole, and the same on any day', async () => {
    expect(await ghost(['list'], { client })).toMatchObject({
      result: 0,
      stderr: '',
      stdout: [
        'ID  NAME  STATE    EXIT     STARTED                TOOK  COMMAND',
        " 7  web   running  -        2026-11-22 14:03:20  1m 40s  npm start -- 'two words'",
        '41  -     exited   0        2026-11-21 10:00:00  1h 02m  sleep 2',
        "42  -     killed   SIGTERM  2026-11-22 14:03:20    2.0s  echo $'\\e[31mred' $'\\u202e'",
        '',
      ].join('\n'),
    });
  });

  test('on a terminal it fits, with short times', async () => {
    const said = await ghost(['ls', '--no-color'], { client, stdout: new KeptOutput({ columns: 74 }) });
    expect(said.stdout).toBe(
      [
        'ID  NAME  STATE    EXIT     STARTED            TOOK  COMMAND',
        " 7  web   running  -        14:03:20         1m 40s  npm start -- 'two wo…",
        '41  -     exited   0        yesterday 10:00  1h 02m  sleep 2',
        "42  -     killed   SIGTERM  14:03:20           2.0s  echo $'\\e[31mred' $'…",
        '',
      ].join('\n'),
    );
  });

  test('colour marks the states, beside their words', async () => {
    const { stdout } = await ghost(['ls'], { client, stdout: new KeptOutput({ columns: 80 }) });
    expect(stdout).toContain('\u001b[32mrunning\u001b[39m');
    expect(stdout).toContain('\u001b[35mkilled\u001b[39m');
    const { stdout: plain } = await ghost(['ls'], {
      client,
      stdout: new KeptOutput({ columns: 80 }),
      environment: { NO_COLOR: '1' },
    });
    expect(plain).not.toContain('\u001b');
  });

  test('the column of names is there only where a task has one', async () => {
    const { stdout } = await ghost(['ls'], { client: { list: () => Promise.resolve([viewOf()]) } });
    expect(stdout.split('\n')[0]).toBe('ID  STATE   EXIT  STARTED              TOOK  COMMAND');
  });

  test('an empty list says on stderr what to type, and in JSON is []', async () => {
    const none = { list: () => Promise.resolve([]) };
    expect(await ghost(['list'], { client: none })).toMatchObject({
      result: 0,
      stdout: '',
      stderr: 'no tasks yet; start one with: ghost run COMMAND\n',
    });
    expect(await ghost(['list', '-s', 'lost', '-s', 'failed'], { client: none })).toMatchObject({
      result: 0,
      stderr: 'no task is lost or failed\n',
    });
    expect(await ghost(['list', '--json'], { client: none })).toMatchObject({ result: 0, stdout: '[]\n', stderr: '' });
  });

  test('asks for the states and for all', async () => {
    const asked: unknown[] = [];
    const list = (options: unknown) => {
      asked.push(options);
      return Promise.resolve(tasks);
    };
    await ghost(['ls', '-a', '-s', 'Failed', '-s', 'lost'], { client: { list } });
    const { stdout } = await ghost(['ls', '--json'], { client: { list } });
    expect(asked).toEqual([{ all: true, states: ['failed', 'lost'] }, { all: false }]);
    expect(JSON.parse(stdout)).toEqual(tasks);
  });

  test('an unknown state is wrong use, and the nearest is named', async () => {
    const said = await ghost(['ls', '-s', 'faild']);
    expect(said).toMatchObject({ result: 2, starts: [] });
    expect(said.stderr).toBe(
      'ghost: there is no state "faild"; there are running, exited, failed, killed, lost\n  try: ghost list --state failed\n',
    );
  });
});

describe('show', () => {
  const events = eventsOf(
    {
      type: 'TaskSubmitted',
      task: task42,
      actor: someone,
      data: {
        uuid: 'u',
        requestId: 'r',
        command: ['x'],
        cwd: '/',
        environmentHash: 'h',
        umask: 0o22,
        openFilesSoftLimit: null,
        name: null,
        tags: [],
        timeoutMs: null,
        restartOf: null,
      },
    },
    {
      type: 'SignalRequested',
      task: task42,
      actor: someone,
      data: { requestId: 'r', signal: 'SIGTERM', reason: 'stop', graceMs: 10_000 },
    },
    {
      type: 'TaskExited',
      task: task42,
      actor: { ...someone, kind: 'daemon' },
      data: {
        attempt: 1,
        outcome: { kind: 'signaled', signal: 'SIGTERM' },
        endedAt: microsecondsOf('2026-11-22T14:03:22.000Z'),
        processorTime: null,
        observed: 'found',
        source: 'status-file',
      },
    },
  );
  const detail = detailOf(killedView({ name: 'web\u0007', tags: ['a'] }), {
    events,
    restartOf: 41,
    timeoutMs: 90_000,
    adoptions: 1,
  });
  const client = { show: () => Promise.resolve(detail) };

  test('prints everything in aligned sections, and the events at the end', async () => {
    const { result, stdout } = await ghost(['show', '42'], { client });
    expect(result).toBe(0);
    expect(stdout).toBe(
      [
        'task 42 web\\x07',
        '',
        'state        killed by SIGTERM',
        'command      sleep 2',
        'folder       /srv/app',
        'tags         a',
        'uuid         0190f2a4-0000-7000-8000-000000000042',
        '',
        'submitted    2026-11-22 14:03:20 by ghost-cli 0.1.0 (process 812, user 1000, /dev/pts/3)',
        'restart of   41',
        'started      2026-11-22 14:03:20',
        'ended        2026-11-22 14:03:22',
        'took         2.0s',
        'timeout      1m30s',
        'processor    12ms user, 3ms system',
        'adopted      1 time',
        '',
        'pid          4711',
        'shim pid     4710',
        'umask        0022',
        'environment  2 names: HOME PATH',
        '',
        'stdout       1.2 KiB',
        'stderr       0 B',
        '',
        'events',
        '14:03:20   +0ms  submitted by ghost-cli 0.1.0 (process 812, user 1000, /dev/pts/3)',
        '14:03:21  +1.0s  SIGTERM asked for (stop) by ghost-cli 0.1.0 (process 812, user 1000, /dev/pts/3), SIGKILL to follow after 10s',
        '14:03:22  +2.0s  ended by SIGTERM, found by a later daemon',
        '',
      ].join('\n'),
    );
  });

  test('on a terminal the words of an event are wrapped beside its times', async () => {
    const { stdout } = await ghost(['show', '42'], {
      client,
      stdout: new KeptOutput({ columns: 60 }),
      environment: { NO_COLOR: '1' },
    });
    expect(stdout.slice(stdout.indexOf('events\n'))).toBe(
      [
        'events',
        '14:03:20   +0ms  submitted by ghost-cli 0.1.0 (process 812,',
        '                 user 1000, /dev/pts/3)',
        '14:03:21  +1.0s  SIGTERM asked for (stop) by ghost-cli 0.1.0',
        '                 (process 812, user 1000, /dev/pts/3),',
        '                 SIGKILL to follow after 10s',
        '14:03:22  +2.0s  ended by SIGTERM, found by a later daemon',
        '',
      ].join('\n'),
    );
  });

  test('on a terminal that is narrower than its words can be it is wrapped as on the least one', async () => {
    const head = '14:03:20  +0ms  ';
    const last = async (name: string, columns: number): Promise<readonly string[]> => {
      const detail = detailOf(viewOf(), { events: eventsOf(taskDraft('TaskRenamed', { data: { name } })) });
      const parts = { client: { show: () => Promise.resolve(detail) }, stdout: new KeptOutput({ columns }) };
      const { stdout } = await ghost(['show', '42', '--no-color'], parts);
      return stdout.slice(stdout.indexOf(head) + head.length).split('\n');
    };
    const most = 'x'.repeat(eventColumnsMin - 'named '.length);
    for (const columns of [1, head.length + eventColumnsMin]) {
      expect((await last(most, columns))[0]).toBe(`named ${most}`);
      expect((await last(`${most}x`, columns))[0]).toBe('named');
    }
    expect((await last(`${most}x`, head.length + eventColumnsMin + 1))[0]).toBe(`named ${most}x`);
    // A name of several words is told from the words around it.
    expect((await last('two words', 80))[0]).toMatch(/^named 'two words' by /);
  });

  test('in JSON is one object with ISO times and null for what is not known', async () => {
    const { stdout } = await ghost(['show', '--json', '42'], { client });
    const shown: unknown = JSON.parse(stdout);
    expect(shown).toMatchObject({
      id: 42,
      state: 'killed',
      exitCode: null,
      submittedAt: '2026-11-22T14:03:20.000Z',
      restartOf: 41,
    });
    expect(shown).not.toHaveProperty('task');
    expect(shown).toMatchObject({
      events: [
        { seq: 1, at: '2026-11-22T14:03:20.000Z', type: 'TaskSubmitted', task: 42 },
        {},
        { data: { endedAt: '2026-11-22T14:03:22.000Z' } },
      ],
    });
  });

  test.for([
    [runningView(), 'running for 1m 40s'],
    [runningView({ startedAt: null, pid: null }), 'running: about to start'],
    [viewOf({ state: 'failed', exitCode: 3 }), 'failed with 3'],
    [
      viewOf({ state: 'failed', exitCode: null, startedAt: null, reason: 'there is no "x"' }),
      'failed to start: there is no "x"',
    ],
    [viewOf({ state: 'lost', exitCode: null, reason: 'its shim was killed' }), 'lost: its shim was killed'],
  ] as const)('says the state in words (case %#)', async ([task, words]) => {
    const { stdout } = await ghost(['show', '42'], { client: { show: () => Promise.resolve(detailOf(task)) } });
    expect(stdout.split('\n')[2]).toBe(`state        ${words}`);
  });
});

describe('the daemon', () => {
  const answer: DaemonStatus = {
    pid: 1234,
    version: '0.1.0',
    protocol: 1,
    startedAt: '2026-11-22T10:44:02.000Z',
    uptimeMs: 12_058_000,
    tasksRunning: 3,
    tasksTotal: 57,
    events: 412,
    journalBytes: 1_258_291,
    logBytes: 35_651_584,
    memoryBytes: 54_525_952,
    home: '/home/me/.local/share/ghost',
    socket: '/run/user/1000/ghost.sock',
  };
  const nobody = () => Promise.reject(new GhostError('daemon-not-running', 'no daemon'));

  test('status asks one that runs, and shows it aligned or in JSON', async () => {
    const status = () => Promise.resolve(answer);
    const said = await ghost(['status'], { client: { status } });
    expect(said).toMatchObject({ result: 0, starts: [false] });
    expect(said.stdout).toContain('daemon   up for 3h 20m, since 2026-11-22 10:44:02\npid      1234\n');
    expect(said.stdout).toContain('\njournal  412 events, 1.2 MiB\nlogs     34.0 MiB\n');
    const json = await ghost(['status', '--json'], { client: { status } });
    expect(JSON.parse(json.stdout)).toEqual({ running: true, clientVersion: '0.0.0-source', ...answer });
  });

  test('status without a daemon ends with 3 and starts none', async () => {
    expect(await ghost(['status'], { connect: nobody })).toMatchObject({ result: 3, stdout: '' });
    expect(await ghost(['status', '--json'], { connect: nobody })).toMatchObject({
      result: 3,
      stdout: '{"running":false}\n',
      stderr: '',
    });
    expect((await ghost(['status'], { client: { status: nobody } })).stderr).toContain('no daemon is running');
  });

  test('status says what a daemon that starts is busy with', async () => {
    const home = mkdtempSync(join(tmpdir(), 'ghost-starting-'));
    try {
      const progress = { pid: process.pid, step: 'fold', done: 420_000, total: 2_000_000 };
      writeFileSync(join(home, 'starting.json'), JSON.stringify(progress));
      const environment = { GHOST_HOME: home, HOME: home };
      expect(await ghost(['status'], { connect: nobody, environment })).toMatchObject({
        result: 3,
        stderr: `the daemon (pid ${process.pid}) is starting; the journal is being brought up to date: 420,000 of 2,000,000 events\n`,
      });
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  test('a daemon that is stuck is not taken for none', async () => {
    const stuck = () => Promise.reject(new GhostError('daemon-stuck', 'the daemon (process 5) does not answer'));
    expect(await ghost(['status'], { connect: stuck })).toMatchObject({
      result: 4,
      stderr: 'ghost: the daemon (process 5) does not answer\n',
    });
  });

  test.for([
    [{ pid: 5, tasksRunning: 3, tasksStopped: 0 }, 'daemon 5 has ended; 3 tasks go on running'],
    [{ pid: 5, tasksRunning: 1, tasksStopped: 0 }, 'daemon 5 has ended; 1 task goes on running'],
    [{ pid: 5, tasksRunning: 0, tasksStopped: 0 }, 'daemon 5 has ended; no task was running'],
    [{ pid: 5, tasksRunning: 1, tasksStopped: 2 }, 'daemon 5 has ended; 2 tasks were stopped, 1 task goes on running'],
  ] as const)('shutdown answers %j in words', async ([result, words]) => {
    const asked: unknown[] = [];
    const shutdown = (options: unknown) => {
      asked.push(options);
      return Promise.resolve(result);
    };
    expect(await ghost(['shutdown'], { client: { shutdown } })).toMatchObject({
      result: 0,
      stdout: `${words}\n`,
      starts: [false],
    });
    const json = await ghost(['shutdown', '--stop-tasks', '--json'], { client: { shutdown } });
    expect(JSON.parse(json.stdout)).toEqual(result);
    expect(asked).toEqual([{ stopTasks: false }, { stopTasks: true }]);
  });

  test('shutdown without a daemon has nothing to do', async () => {
    const said = await ghost(['shutdown'], { connect: nobody });
    expect(said).toMatchObject({
      result: 0,
      stdout: '',
      stderr: 'no daemon is running: there is nothing to shut down\n',
    });
  });

  test('daemon loads it into this process, which then stays', async () => {
    let loaded = 0;
    const loadDaemon = () => {
      loaded += 1;
      return Promise.resolve();
    };
    expect(await ghost(['daemon', '--persist'], { loadDaemon })).toMatchObject({
      result: 'stays',
      stdout: '',
      starts: [],
    });
    expect(loaded).toBe(1);
  });
});

describe('help and version', () => {
  test('the overview names every command once, in few lines', async () => {
    const { result, stdout, stderr, starts } = await ghost([]);
    expect({ result, stderr, starts }).toEqual({ result: 0, stderr: '', starts: [] });
    for (const { name, alias, summary } of commandTable) {
      expect(stdout).toMatch(new RegExp(`^  ${alias === null ? name : `${name}, ${alias}`} +${summary}$`, 'm'));
    }
    // One screen of a terminal that people have.
    expect(stdout.split('\n').length).toBeLessThan(55);
  });

  test('every help fits 80 columns and gives examples that begin with ghost', async () => {
    for (const { name, options, examples } of commandTable) {
      const { result, stdout } = await ghost(['help', name]);
      expect(result).toBe(0);
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
      for (const { long } of options) expect(stdout).toContain(`--${long}`);
      for (const { type } of examples) expect(type).toMatch(/(^|\()ghost /);
      expect((await ghost([name, '--help'])).stdout).toBe(name === 'help' ? (await ghost([])).stdout : stdout);
    }
  });

  test('the help of a command is laid out so', async () => {
    expect((await ghost(['help', 'stop'])).stdout).toBe(
      [
        'Usage',
        '  ghost stop [OPTIONS] ID...',
        '',
        'Sends SIGTERM to the whole process group of the task, waits for it, sends',
        'SIGKILL when the grace has run out, and returns when the task has ended.',
        '',
        'Options',
        '      --grace DURATION  how long it may take before SIGKILL (default 10s)',
        '',
        'For every command',
        '      --json            answer in JSON',
        '      --no-color        no colour, even on a terminal',
        '  -h, --help            show this help',
        '',
        'Examples',
        '  ghost stop @last             # end the task that was started last',
        '  ghost stop --grace 1m @last  # give it a minute to end by itself',
        '',
      ].join('\n'),
    );
  });

  test('help for a command that does not exist is wrong use, and the nearest is named', async () => {
    expect(await ghost(['help', 'stpo'])).toMatchObject({
      result: 2,
      stderr: 'ghost: there is no command "stpo"\n  try: ghost help stop\n',
    });
    expect((await ghost(['help', 'ls'])).stdout).toContain('ghost list [OPTIONS]');
  });

  test('every example of the help is understood', async () => {
    const { parseCommandLine } = await import('../../src/cli/parse.ts');
    for (const { examples } of commandTable) {
      for (const { type } of examples) {
        const first = /ghost (?:'[^']*'|[^&|>)'])*/.exec(type)?.[0].trim() ?? '';
        expect(
          () =>
            parseCommandLine(
              first
                .replaceAll(/'[^']*'/g, 'SCRIPT')
                .trim()
                .split(' ')
                .slice(1),
            ),
          type,
        ).not.toThrow();
      }
    }
  });

  test('the version is one line, and in JSON an object', async () => {
    expect(await ghost(['-v'])).toMatchObject({ result: 0, stdout: 'ghost 0.0.0-source\n', starts: [] });
    expect((await ghost(['version', '--json'])).stdout).toBe('{"version":"0.0.0-source"}\n');
  });
});

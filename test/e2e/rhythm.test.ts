import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { playCast } from '../support/cast-player.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { until } from '../support/until.ts';

interface DrawnTimeline {
  readonly from: string;
  readonly to: string;
  readonly daemonGaps: readonly { readonly from: string; readonly to: string; readonly how: string }[];
  readonly tasks: readonly {
    readonly id: number;
    readonly state: string;
    readonly steps: readonly {
      readonly at: string;
      readonly seq: number | null;
      readonly kind: string;
      readonly text: string;
    }[];
  }[];
}

/** A task that lives through a crash and a shutdown of the daemon, and is stopped by the third one. */
async function eventful(home: GhostHome): Promise<void> {
  await home.run([
    '-n',
    'web',
    'sh',
    '-c',
    'echo begun; while [ ! -e gate ]; do sleep 0.05; done; echo meant; sleep 1000',
  ]);
  await until('its first output', async () => (await home.ok(['log', 'web'])).includes('begun'));
  await home.killDaemon();
  await home.ok(['list']);
  await home.ok(['shutdown']);
  await home.run(['touch', 'gate']);
  await until('its last output', async () => (await home.ok(['log', 'web'])).includes('meant'));
  await home.ok(['stop', 'web']);
  await until('its log is complete', () => home.events({ type: 'LogClosed', task: 1 }).length === 1);
}

test('a timeline tells what happened to the task and to the daemons that it outlived', async () => {
  await using home = new GhostHome();
  await eventful(home);
  const drawn = JSON.parse(await home.ok(['timeline', '--json', 'web'])) as DrawnTimeline;
  expect(drawn.tasks[0]?.steps.map(({ kind }) => kind).filter((kind) => kind !== 'first-output')).toEqual([
    'submitted',
    'shim',
    'started',
    'daemon-crashed',
    'daemon-started',
    'adopted',
    'daemon-stopped',
    'daemon-started',
    'adopted',
    'signal',
    'exited',
    'log-complete',
  ]);
  expect(drawn.daemonGaps.map(({ how }) => how)).toEqual(['crashed', 'stopped']);
  for (const { from, to } of drawn.daemonGaps) expect(from < to, `${from} < ${to}`).toBe(true);
  const numbers = drawn.tasks[0]?.steps.flatMap(({ seq }) => seq ?? []) ?? [];
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));

  const steps = await home.ok(['timeline', 'web']);
  expect(steps).toMatch(/^task 1 web {2}killed by SIGTERM after /);
  expect(steps).toMatch(/╳ the daemon crashed, at some time after this\n.*╵ a new daemon started\n/);
  expect(steps).toMatch(/▲ SIGTERM asked for \(stop\) by ghost-cli .* → delivered\n/);
  expect(steps).toMatch(/its first output was seen\n/);

  const lanes = await home.ok(['timeline']);
  expect(lanes).toMatch(/, 2 tasks\n/);
  expect(lanes).toMatch(/^1 {2}web +╍+◆ +killed SIGTERM /m);
  expect(lanes).toMatch(/^2 {2}touch gate +─*● +exited /m);
  expect(lanes).toContain('╳ the daemon crashed   ─ ─ no daemon ran');
  for (const line of lanes.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);

  const recent = JSON.parse(await home.ok(['timeline', '--json', '--since', '1h ago'])) as DrawnTimeline;
  expect(recent.tasks.map(({ id }) => id)).toEqual([1, 2]);
  expect(await home.ok(['timeline', '--json', '--until', '1h ago'])).toContain('"tasks":[]');
  // Submitted before that event, and running when it was recorded.
  const seq = home.events({ type: 'TaskSubmitted', task: 2 })[0]?.seq;
  const then = JSON.parse(await home.ok(['timeline', '--json', '--since', `seq:${seq}`])) as DrawnTimeline;
  expect(then.tasks.map(({ id }) => id)).toEqual([1, 2]);
});

test('a timeline names a task that is not there, and draws the others', async () => {
  await using home = new GhostHome();
  await home.run(['true']);
  await home.ok(['wait', '1']);
  const { status, stdout, stderr } = await home.ghost(['timeline', '1', '99']);
  expect(status).toBe(3);
  expect(stdout).toMatch(/, 1 task\n/);
  expect(stderr).toContain('99');
});

test('a recording of a real task is played by asciinema, and ends with its exit status', async () => {
  await using home = new GhostHome();
  await eventful(home);
  const file = join(home.work, 'web.cast');
  expect(await home.ok(['export', 'web', '--cast', file])).toBe('');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const cast = readFileSync(file, 'utf8');
  const played = await playCast(cast);
  expect(played).toMatchObject({ cols: 80, rows: 24, output: 'begun\r\nmeant\r\n' });
  expect(played.markers.map(([, label]) => label)).toEqual([
    'the daemon crashed, at some time after this',
    'SIGTERM delivered',
  ]);
  const [header, ...events] = cast
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(header).toMatchObject({ version: 3, title: 'web', term: { cols: 80, rows: 24 } });
  expect(events.at(-1)).toEqual([expect.any(Number), 'x', '143']);
  const again = await home.ghost(['export', 'web', '--cast', file]);
  expect(again).toMatchObject({ status: 1, stdout: '' });
  expect(again.stderr).toContain('is there already; nothing was written\n  try: --force');
});

test('a report has everything but secrets', async () => {
  await using home = new GhostHome();
  await home.run([
    '-e',
    'API_TOKEN=hunter2hunter2',
    '-e',
    'PLAIN=visible',
    'sh',
    '-c',
    'seq 300; while [ ! -e gate ]; do sleep 0.02; done; echo oops >&2; exit 3',
  ]);
  await until('its numbers', async () => (await home.ok(['log', '1'])).endsWith('300'));
  await home.run(['touch', 'gate']);
  await home.ghost(['wait', '1']);
  const file = join(home.work, 'report.json');
  await home.ok(['export', '1', '--json', file]);
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('hunter2');
  const report = JSON.parse(text) as Record<string, readonly Record<string, unknown>[]>;
  expect(report).toMatchObject({ task: { id: 1, state: 'failed', exitCode: 3 }, daemon: { pid: home.daemonPid() } });
  expect(report['environment']).toContainEqual({ name: 'API_TOKEN', value: null, shown: 'masked' });
  expect(report['environment']).toContainEqual({ name: 'PLAIN', value: 'visible', shown: 'plain' });
  expect(report['log']?.map(({ text: line }) => line)).toEqual(
    expect.arrayContaining([...Array.from({ length: 199 }, (_, place) => String(place + 102)), 'oops']) as unknown,
  );
  expect(report['log']).toHaveLength(200);
  expect(report['events']?.[0]).toMatchObject({ type: 'TaskSubmitted', task: 1 });
  expect(existsSync(`${file}.tmp`)).toBe(false);
});

test('a diff of two runs finds what differs and nothing else', async () => {
  await using home = new GhostHome();
  const script = 'echo "pid $$ at $(date +%T.%N)"; echo one; [ "$MODE" = new ] && echo two; exit 0';
  const run = (mode: string, token: string) =>
    home.run(['-e', `MODE=${mode}`, '-e', `API_TOKEN=${token}`, 'sh', '-c', script]);
  await run('old', 'hunter2hunter2');
  await run('old', 'hunter2hunter2');
  await run('new', 'hunter3hunter3');
  await home.ok(['wait', '1', '2', '3']);
  expect(await home.ghost(['diff', '1', '2'])).toMatchObject({ status: 0, stderr: '' });
  const exact = await home.ghost(['diff', '--exact', '1', '2']);
  expect(exact.status).toBe(1);
  expect(exact.stdout).toMatch(/^-pid \d+ at .*\n\+pid \d+ at .*\n one$/m);
  const { status, stdout } = await home.ghost(['diff', '--env', '2', '3']);
  expect(status).toBe(1);
  expect(stdout).toContain('stdout: 0 lines removed, 1 added\n');
  expect(stdout).toMatch(/^ one\n\+two$/m);
  expect(stdout).toMatch(
    /^environment +- API_TOKEN=\(masked\)\n +\+ API_TOKEN=\(masked\)\n +- MODE=old\n +\+ MODE=new$/m,
  );
  expect((await home.ghost(['diff', '--env', '--reveal', '2', '3'])).stdout).toContain('- API_TOKEN=hunter2hunter2\n');
  expect((await home.ghost(['diff', '2', '99'])).status).toBe(3);
});

test('a replay gives each stream its own bytes', async () => {
  await using home = new GhostHome();
  await home.run(['sh', '-c', 'printf "\\377\\0out"; echo err >&2']);
  await home.ok(['wait', '1']);
  const bytes: Buffer[] = [];
  const replayed = home.begin(['replay', '--speed', 'max', '1'], { onStdout: (chunk) => bytes.push(chunk) });
  expect(await replayed.ended).toMatchObject({ status: 0, stderr: 'err\n' });
  expect(Buffer.concat(bytes)).toEqual(Buffer.from([255, 0, ...Buffer.from('out')]));
});

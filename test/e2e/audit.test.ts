import { createHash } from 'node:crypto';
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { JournalFolder } from '../journal/journal-folder.ts';
import { GhostHome } from '../support/ghost-home.ts';
import { connectTo } from '../support/ledger-client.ts';
import { configure, sealedOf, taskFolder } from '../support/segments.ts';
import { until } from '../support/until.ts';

interface Shown {
  readonly seq: number;
  readonly type: string;
  readonly task: number | null;
}

function shown(lines: string): readonly Shown[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Shown);
}

const seqs = (events: readonly { readonly seq: number }[]): readonly number[] => events.map(({ seq }) => seq);

describe('audit', () => {
  test('prints the events that the journal has, and those of them that fit', async () => {
    await using home = new GhostHome();
    const first = await home.complete(['true']);
    const second = await home.complete(['-n', 'web', 'false']);
    const ask = async (...args: readonly string[]): Promise<readonly Shown[]> =>
      shown(await home.ok(['audit', '--json', ...args]));
    const all = home.events();
    expect(seqs(await ask())).toEqual(seqs(all));
    expect(seqs(await ask('--task', String(first)))).toEqual(seqs(home.events({ task: first })));
    expect(seqs(await ask('--task', 'web', '--task', String(first)))).toEqual(
      seqs(all.filter(({ task }) => task !== null)),
    );
    expect(seqs(await ask('--task', 'web', '--task', String(first), '-n', '3'))).toEqual(
      seqs(all.filter(({ task }) => task !== null).slice(-3)),
    );
    expect(seqs(await ask('--task', 'web', '--type', 'TaskExited'))).toEqual(
      seqs(home.events({ task: second, type: 'TaskExited' })),
    );
    expect(seqs(await ask('--after', '3'))).toEqual(seqs(all.slice(3)));
    expect(seqs(await ask('--since', 'seq:3', '--until', 'seq:6'))).toEqual([3, 4, 5]);
    expect(seqs(await ask('-n', '2'))).toEqual(seqs(all.slice(-2)));
    expect(seqs(await ask('-n', '2', '--until', 'seq:6'))).toEqual([4, 5]);
    expect(seqs(await ask('-n', '1', '--type', 'TaskSubmitted'))).toEqual(
      seqs(home.events({ task: second, type: 'TaskSubmitted' })),
    );
    expect(seqs(await ask('-n', '0'))).toEqual([]);
    expect(seqs(await ask('--type', 'DaemonStarted'))).toEqual(seqs(home.events({ type: 'DaemonStarted' })));
    expect(seqs(await ask('--type', 'DaemonStarted', '--type', 'TaskExited'))).toEqual(
      seqs(all.filter(({ type }) => type === 'DaemonStarted' || type === 'TaskExited')),
    );
    expect(seqs(await ask('--type', 'DaemonStarted', '--task', 'web'))).toEqual([]);
    const middle = all[Math.floor(all.length / 2)]?.at ?? 0;
    const time = new Date(Math.ceil(middle / 1000)).toISOString();
    const isLater = ({ at }: { at: number }): boolean => at >= Date.parse(time) * 1000;
    expect(seqs(await ask('--since', time))).toEqual(seqs(all.filter(isLater)));
    expect(seqs(await ask('--until', time))).toEqual(seqs(all.filter((event) => !isLater(event))));
    expect(seqs(await ask('--until', time, '-n', '2'))).toEqual(seqs(all.filter((event) => !isLater(event)).slice(-2)));
    expect(seqs(await ask('--since', time, '-n', '1000'))).toEqual(seqs(all.filter(isLater)));
    expect(seqs(await ask('--actor', 'RUN -n web'))).toEqual(
      seqs(home.events({ task: second, type: 'TaskSubmitted' })),
    );
    expect(seqs(await ask('--actor', 'nobody at all'))).toEqual([]);
    expect(seqs(await ask('--until', '1h ago'))).toEqual([]);
    expect(seqs(await ask('--since', '1h ago'))).toEqual(seqs(all));
    const refused = await home.ghost(['audit', '--task', '99']);
    expect(refused).toMatchObject({ status: 3, stdout: '' });
    const last = all.length;
    expect(seqs(await ask('--after', String(last)))).toEqual([]);
    for (const follow of [[], ['-f']]) {
      const late = await home.ghost(['audit', '--after', String(last + 1), ...follow]);
      expect(late).toMatchObject({ status: 2, stdout: '' });
      expect(late.stderr).toContain(`there is no event ${last + 1}: the last one in the journal is ${last}`);
    }
  });

  test('gives events of immense command lines in items that fit into a frame', async () => {
    await using home = new GhostHome();
    await using client = await connectTo(home);
    const command = ['true', ...Array.from({ length: 7 }, () => 'x'.repeat(120_000))];
    for (let count = 0; count < 12; count += 1) await client.run({ command, cwd: home.work, environment: [] });
    let audited = 0;
    for await (const { type } of client.audit()) if (type === 'TaskSubmitted') audited += 1;
    let watched = 0;
    for await (const { type } of client.watch({ after: 0 })) {
      if (type === 'TaskSubmitted') watched += 1;
      if (watched === audited) break;
    }
    expect([audited, watched]).toEqual([12, 12]);
  });

  test('goes on over killed daemons with nothing missed or doubled, with and without a filter', async () => {
    await using home = new GhostHome();
    await home.run(['true']);
    const everything = home.begin(['audit', '-f', '--json']);
    const some = home.begin(['audit', '-f', '--json', '--type', 'TaskSubmitted', '--type', 'TaskExited', '-n', '1']);
    const none = home.begin(['audit', '-f', '--json', '--actor', 'nobody at all']);
    await until('they follow', () => everything.stdout() !== '' && some.stdout() !== '');
    for (let round = 0; round < 3; round += 1) {
      await home.killDaemon();
      const id = await home.run(['true']);
      await home.ok(['wait', String(id)]);
    }
    const last = await until('the last log is closed', () => home.events({ type: 'LogClosed', task: 4 })[0]);
    await until('all of it has come', () => shown(everything.stdout()).at(-1)?.seq === home.events().at(-1)?.seq);
    expect(last.seq).toBeLessThanOrEqual(home.events().length);
    expect(seqs(shown(everything.stdout()))).toEqual(seqs(home.events()));
    const wanted = home.events().filter(({ type }) => type === 'TaskSubmitted' || type === 'TaskExited');
    await until('what fits has come', () => shown(some.stdout()).at(-1)?.seq === wanted.at(-1)?.seq);
    // It began with the last one that there was then.
    const got = shown(some.stdout());
    expect(seqs(got)).toEqual(seqs(wanted).filter((seq) => seq >= (got[0]?.seq ?? 0)));
    expect(got.length).toBeGreaterThan(5);
    expect(none.child.exitCode).toBe(null);
    expect(none.stdout()).toBe('');
    for (const { child } of [everything, some, none]) child.kill();
  });

  test('a reader that died goes on where it was', async () => {
    await using home = new GhostHome();
    await home.run(['true']);
    await home.ok(['wait']);
    const before = shown(await home.ok(['audit', '--json']));
    await home.run(['true']);
    await home.ok(['wait']);
    await until('both logs are closed', () => home.events({ type: 'LogClosed' }).length === 2);
    const after = shown(await home.ok(['audit', '--json', '--after', String(before.at(-1)?.seq)]));
    expect(seqs([...before, ...after])).toEqual(seqs(home.events()));
  });

  test('that is followed until a moment ends by itself', async () => {
    await using home = new GhostHome();
    await home.run(['true']);
    await using client = await connectTo(home);
    const end = new Date(Date.now() + 300);
    const seen: number[] = [];
    for await (const { seq } of client.audit({ follow: true, until: end })) seen.push(seq);
    expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
    expect(Date.now()).toBeGreaterThanOrEqual(end.getTime());
    const before: number[] = [];
    for await (const { seq } of client.audit({ follow: true, before: 4 })) before.push(seq);
    expect(before).toEqual([1, 2, 3]);
  });
});

describe('audit --verify', () => {
  test('finds all whole beside a daemon that works, and the head is the last event', async () => {
    await using home = new GhostHome();
    const env = configure(home, { segmentSize: '64KiB' });
    const id = await home.run(['-c', 'seq 60000'], { env });
    await home.ended(id);
    const segments = await until('all is in segments', () => {
      const sealed = sealedOf(home, id);
      return home.events({ type: 'LogClosed' }).length === 1 && sealed.length > 2 ? sealed.length : null;
    });
    const answer = JSON.parse(await home.ok(['audit', '--verify', '--json'])) as {
      readonly events: number;
      readonly segments: number;
      readonly head: string;
      readonly damages: readonly unknown[];
    };
    expect(answer.damages).toEqual([]);
    expect(answer.segments).toBeGreaterThanOrEqual(segments);
    const head = shown(await home.ok(['audit', '--json', '--since', `seq:${answer.events}`, '-n', '1'])) as readonly {
      readonly hash?: string;
    }[];
    expect(answer.head).toMatch(/^[0-9a-f]{64}$/);
    expect(head).toHaveLength(1);
    const [sealed] = sealedOf(home, id);
    const path = join(taskFolder(home, id), sealed?.file ?? '');
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(sealed?.sha256);
    truncateSync(path, 10);
    const harmed = await home.ghost(['audit', '--verify']);
    expect(harmed.status).toBe(1);
    expect(harmed.stdout).toMatch(
      /^the segment .*stdout\S+ \(stdout of task 1\) is cut off: 10 of \d+ bytes are there\n/,
    );
  });

  test('names what was changed under a running daemon', async () => {
    await using home = new GhostHome();
    await home.run(['true']);
    await home.ok(['wait']);
    using folder = new JournalFolder({ path: home.path });
    await folder.tamper("UPDATE events SET data = replace(data, 'true', 'evil') WHERE seq = 2");
    const changed = await home.ghost(['audit', '--verify']);
    expect(changed).toMatchObject({ status: 1, stderr: '' });
    expect(changed.stdout).toMatch(/^event 2 \(TaskSubmitted of task 1\) was changed/);
    await home.ok(['shutdown']);
  });

  test.each([
    [
      'an event was changed',
      "UPDATE events SET data = replace(data, 'true', 'evil') WHERE seq = 2",
      /^event 2 \(TaskSubmitted of task 1\) was changed/,
    ],
    [
      'the last events were removed',
      'DELETE FROM events WHERE seq > (SELECT max(seq) FROM events) - 2',
      /^the last 2 events are gone: \d+ were recorded, and the journal ends after \d+\n/,
    ],
    [
      'one was added by hand',
      `INSERT INTO events SELECT seq + 1, at, 'TaskAdopted', 1, 1, actor, '{"attempt":1,"pid":null}', NULL, hash
       FROM events ORDER BY seq DESC LIMIT 1`,
      /^event \d+ \(TaskAdopted of task 1\) was added by hand\n/,
    ],
    [
      'the last two were swapped',
      `UPDATE events SET seq = -1 WHERE seq = (SELECT max(seq) FROM events);
       UPDATE events SET seq = seq + 1 WHERE seq = (SELECT max(seq) FROM events);
       UPDATE events SET seq = (SELECT max(seq) - 1 FROM events) WHERE seq = -1`,
      /^events \d+ and \d+ were swapped\n/,
    ],
  ])('names it as well where the daemon refuses to start, and starts none: %s', async (_, sql, message) => {
    await using home = new GhostHome();
    await home.run(['true']);
    await home.ok(['wait']);
    await home.ok(['shutdown']);
    using folder = new JournalFolder({ path: home.path });
    await folder.tamper(sql);
    const said = await home.ghost(['list']);
    expect(said).toMatchObject({ status: 4, stdout: '' });
    expect(said.stderr).toContain("behind ghost's back");
    const harmed = await home.ghost(['audit', '--verify']);
    expect(harmed.status).toBe(1);
    expect(harmed.stdout).toMatch(message);
    expect(harmed.stderr).toMatch(/^ {2}try: ghost doctor --fix/);
    expect(home.daemonPid()).toBe(null);
  });
});

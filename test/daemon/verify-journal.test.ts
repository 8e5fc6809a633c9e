import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { verifyJournal } from '../../src/daemon/verify-journal.ts';
import { chainHash } from '../../src/journal/codec.ts';
import { encodeEnvironment } from '../../src/journal/environments.ts';
import { JournalReader, type KnownEnd } from '../../src/journal/journal-reader.ts';
import type { Damage, VerifyProgress, VerifyResult } from '../../src/protocol/answers.ts';
import { damagesMax } from '../../src/protocol/limits.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { taskDraft } from '../support/facts.ts';

const full = { durability: 'full' } as const;
const environment = encodeEnvironment([['PATH', '/bin']]);
const submitted = taskDraft('TaskSubmitted', { data: { environmentHash: environment.hash } });

/** A journal of nine events, and where it ends. */
async function withNine(folder: JournalFolder): Promise<KnownEnd> {
  const journal = await folder.open();
  await journal.append([submitted, taskDraft('TaskSpawned'), taskDraft('TaskStarted')], { ...full, environment });
  await journal.append(
    Array.from({ length: 5 }, (_, index) => taskDraft('TaskAdopted', { data: { pid: index + 21 } })),
    full,
  );
  await journal.append([taskDraft('TaskExited')], full);
  const end = { ...journal.head, isLast: true };
  journal[Symbol.dispose]();
  return end;
}

async function verify(
  folder: JournalFolder,
  { known = null }: { known?: KnownEnd | null } = {},
): Promise<VerifyResult & { readonly progress: readonly VerifyProgress[] }> {
  using reader = new JournalReader(folder.file);
  const steps = verifyJournal({
    reader,
    taskFolder: (task) => join(folder.path, 'tasks', String(task)),
    known,
    signal: new AbortController().signal,
  });
  const progress: VerifyProgress[] = [];
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return { ...step.value, progress };
    progress.push(step.value);
  }
}

const brief = ({ kind, seq, task }: Damage) => ({ kind, seq, task });

/** Exchanges the places of two events. */
const swap = (one: number, other: number): string =>
  `UPDATE events SET seq = -7 WHERE seq = ${one};
   UPDATE events SET seq = ${one} WHERE seq = ${other};
   UPDATE events SET seq = ${other} WHERE seq = -7`;

/** Makes room at a place, or closes one: SQLite changes the rows one by one, so that it is done by way of others. */
const renumber = (from: number, by: number): string =>
  `UPDATE events SET seq = -seq WHERE seq >= ${from};
   UPDATE events SET seq = -seq + ${by} WHERE seq < 0`;

const row = (seq: number, pid = 99): string =>
  `INSERT INTO events (seq, at, type, task, v, actor, data, once, hash)
   SELECT ${seq}, at, type, task, v, actor, '{"attempt":1,"pid":${pid}}', NULL, '${'b'.repeat(64)}' FROM events WHERE seq = 4`;

/** A copy of an event at another place, its hash with it. */
const copy = (of: number, seq: number): string =>
  `INSERT INTO events (seq, at, type, task, v, actor, data, once, hash)
   SELECT ${seq}, at, type, task, v, actor, data, NULL, hash FROM events WHERE seq = ${of}`;

describe('a journal that nobody touched', () => {
  test('holds, whole, with its head', async () => {
    using folder = new JournalFolder();
    const known = await withNine(folder);
    const { progress, ...result } = await verify(folder, { known });
    expect(result).toEqual({ events: 9, segments: 0, head: known.hash, damages: [] });
    expect(progress.at(-1)).toEqual({ events: 9, eventsTotal: 9, segments: 0, segmentsTotal: 0 });
  });

  test('holds when it is empty', async () => {
    using folder = new JournalFolder();
    (await folder.open())[Symbol.dispose]();
    expect(await verify(folder)).toMatchObject({ events: 0, head: '0'.repeat(64), damages: [] });
  });

  test('is read beside its writer, up to where it was at the beginning', async () => {
    using folder = new JournalFolder();
    await withNine(folder);
    const journal = await folder.open();
    using reader = new JournalReader(folder.file);
    const known = { ...journal.head, isLast: true };
    const signal = new AbortController().signal;
    const steps = verifyJournal({ reader, taskFolder: () => folder.path, known, signal });
    const first = steps.next();
    await journal.append([taskDraft('TaskAdopted')], full);
    let step = await first;
    while (step.done !== true) step = await steps.next();
    expect(step.value).toMatchObject({ events: 9, head: known.hash, damages: [] });
  });
});

describe('an event', () => {
  test.each([
    ['its data', `UPDATE events SET data = replace(data, '22', '23') WHERE seq = 5`],
    ['its time', 'UPDATE events SET at = at + 1 WHERE seq = 5'],
    ['its type', "UPDATE events SET type = 'TaskOrphaned' WHERE seq = 5"],
    ['its type, to one that there is not', "UPDATE events SET type = 'x' WHERE seq = 5"],
    ['its task', 'UPDATE events SET task = 2 WHERE seq = 5'],
    ['its version', 'UPDATE events SET v = 2 WHERE seq = 5'],
    ['who did it', `UPDATE events SET actor = replace(actor, '4242', '1') WHERE seq = 5`],
    ['its data, to no JSON', `UPDATE events SET data = '{' WHERE seq = 5`],
  ])('that was changed is named: %s', async (_, sql) => {
    using folder = new JournalFolder();
    const known = await withNine(folder);
    await folder.tamper(sql);
    const { events, damages } = await verify(folder, { known });
    expect(events).toBe(9);
    expect(damages).toHaveLength(1);
    expect(damages[0]).toMatchObject({ kind: 'event-changed', seq: 5 });
    expect(damages[0]?.message).toMatch(/^event 5 \(.*\) was changed, or event 4 was together with its hash$/);
  });

  test('whose hash alone was changed is told so, and the one after it is not blamed', async () => {
    using folder = new JournalFolder();
    const known = await withNine(folder);
    await folder.tamper(`UPDATE events SET hash = '${'a'.repeat(64)}' WHERE seq = 5`);
    expect((await verify(folder, { known })).damages).toEqual([
      {
        kind: 'event-changed',
        seq: 5,
        task: 1,
        file: null,
        message: 'the hash of event 5 (TaskAdopted of task 1) was changed; what it says was not',
      },
    ]);
  });

  test('whose key alone was changed is found, although the chain does not hold it', async () => {
    using folder = new JournalFolder();
    const known = await withNine(folder);
    await folder.tamper("UPDATE events SET once = 'end:2' WHERE seq = 9");
    expect((await verify(folder, { known })).damages.map(brief)).toEqual([{ kind: 'event-changed', seq: 9, task: 1 }]);
  });

  test.each([
    [
      'the first',
      'DELETE FROM events WHERE seq = 1',
      1,
      /^the journal does not begin with event 1: event 1 is missing$/,
    ],
    ['one in the middle', 'DELETE FROM events WHERE seq = 5', 5, /^event 5 is missing$/],
    ['several', 'DELETE FROM events WHERE seq IN (5, 6, 7)', 5, /^events 5 to 7 are missing$/],
    [
      'one, with the rest renumbered',
      `DELETE FROM events WHERE seq = 5; ${renumber(6, -1)}`,
      5,
      /^an event before event 5 is missing, and the later ones were renumbered$/,
    ],
  ])('that was removed is named: %s', async (_, sql, seq, message) => {
    using folder = new JournalFolder();
    await withNine(folder);
    await folder.tamper(sql);
    const { damages } = await verify(folder);
    expect(damages.map(brief)).toEqual([{ kind: 'event-missing', seq, task: null }]);
    expect(damages[0]?.message).toMatch(message);
  });

  test.each([
    ['the last', 9, 'the last event is gone: 9 were recorded, and the journal ends after 8'],
    ['the last three', 7, 'the last 3 events are gone: 9 were recorded, and the journal ends after 6'],
    ['all', 1, 'the last 9 events are gone: 9 were recorded, and the journal ends after 0'],
  ])('that was taken from the end is missed by what remembers the end: %s', async (_, from, message) => {
    using folder = new JournalFolder();
    const known = await withNine(folder);
    await folder.tamper(`DELETE FROM events WHERE seq >= ${from}`);
    expect((await verify(folder, { known })).damages).toEqual([
      { kind: 'events-lost', seq: from, task: null, file: null, message },
    ]);
  });

  test.each([
    [4, 5],
    [4, 6],
    [4, 8],
    [7, 8],
    [8, 9],
    [1, 2],
  ])('%i that was swapped with %i is named with it', async (one, other) => {
    using folder = new JournalFolder();
    const known = await withNine(folder);
    await folder.tamper(swap(one, other));
    const { damages } = await verify(folder, { known });
    expect(damages.map(({ kind, message }) => ({ kind, message }))).toEqual([
      { kind: 'events-swapped', message: `events ${one} and ${other} were swapped` },
    ]);
  });

  test.each([
    ['at the end', row(10), [10]],
    ['at the end, twice', `${row(10)}; ${row(11)}`, [10]],
    ['far beyond the end', row(4_000_000), [4_000_000]],
    ['before the first', row(0), [0]],
    ['in the middle, with the rest renumbered', `${renumber(5, 1)}; ${row(5)}`, [5]],
    ['twice in the middle', `${renumber(5, 2)}; ${row(5)}; ${row(6)}`, [5]],
  ])('that was added by hand is named: %s', async (_, sql, seqs) => {
    using folder = new JournalFolder();
    const known = await withNine(folder);
    await folder.tamper(sql);
    // Whoever renumbers the rest of a journal has to tell the read models as well.
    const moved = sql.includes('UPDATE');
    const { damages } = await verify(folder, { known: moved ? null : known });
    expect(damages.map(({ kind, seq }) => ({ kind, seq }))).toEqual(seqs.map((seq) => ({ kind: 'event-added', seq })));
  });

  test.each([
    ['at the end', copy(4, 10), 10],
    ['of the last, at the end', copy(9, 10), 10],
    ['in the middle, with the rest renumbered', `${renumber(8, 1)}; ${copy(4, 8)}`, 8],
  ])('that is a copy of an earlier one is named itself, not what lies between: %s', async (_, sql, seq) => {
    using folder = new JournalFolder();
    const { seq: last, hash } = await withNine(folder);
    await folder.tamper(sql);
    const known = sql.includes('UPDATE') ? null : { seq: last, hash, isLast: false };
    const { damages } = await verify(folder, { known });
    expect(damages.map((damage) => [damage.kind, damage.seq])).toEqual([['event-added', seq]]);
  });

  test('that was added by hand right after what was folded is named, and one that was recorded is not', async () => {
    using folder = new JournalFolder();
    const end = { ...(await withNine(folder)), isLast: false };
    const journal = await folder.open();
    await journal.append([taskDraft('TaskAdopted')], full);
    journal[Symbol.dispose]();
    expect((await verify(folder, { known: end })).damages).toEqual([]);
    await folder.tamper(`DELETE FROM events WHERE seq = 10; ${row(10)}`);
    expect((await verify(folder, { known: end })).damages.map(brief)).toEqual([
      { kind: 'event-added', seq: 10, task: 1 },
    ]);
  });

  test('that was added at the end with a hash that fits is found by what remembers the end', async () => {
    using folder = new JournalFolder();
    const known = await withNine(folder);
    const facts = { seq: 10, at: 1, type: 'TaskAdopted', task: 1, v: 1, actor: '{}', data: '{"attempt":1,"pid":1}' };
    await folder.tamper(
      `INSERT INTO events VALUES (10, 1, 'TaskAdopted', 1, 1, '{}', '${facts.data}', NULL, '${chainHash(known.hash, facts)}')`,
    );
    expect((await verify(folder)).damages).toEqual([]);
    expect((await verify(folder, { known })).damages.map(brief)).toEqual([{ kind: 'event-added', seq: 10, task: 1 }]);
  });

  test('at the end that was written anew with a hash that fits is found by what remembers the end', async () => {
    using folder = new JournalFolder();
    const known = await withNine(folder);
    const [before] = (await folder.shell('SELECT hash FROM events WHERE seq = 8')).stdout.split('\n');
    const facts = { seq: 9, at: 1, type: 'TaskExited', task: 1, v: 1, actor: '{}', data: '{"attempt":1}' };
    const forged = chainHash(before ?? '', facts);
    await folder.tamper(
      `UPDATE events SET at = 1, actor = '{}', data = '${facts.data}', hash = '${forged}' WHERE seq = 9`,
    );
    const { damages } = await verify(folder, { known });
    expect(damages.map(brief)).toEqual([{ kind: 'event-changed', seq: 9, task: 1 }]);
    expect(damages[0]?.message).toMatch(/^the end of the journal was written anew/);
  });

  test('whose number alone was changed is named', async () => {
    using folder = new JournalFolder();
    await withNine(folder);
    await folder.tamper('UPDATE events SET seq = 19 WHERE seq = 9');
    const { damages } = await verify(folder);
    expect(damages.map(({ message }) => message)).toEqual([
      'event 19 (TaskExited of task 1) was written as event 9: its number was changed',
    ]);
  });
});

test('several damages are all told, in their order', async () => {
  using folder = new JournalFolder();
  const known = await withNine(folder);
  await folder.tamper('UPDATE events SET at = 1 WHERE seq = 2; DELETE FROM events WHERE seq IN (5, 9)');
  expect((await verify(folder, { known })).damages.map(({ kind, seq }) => `${kind} ${seq}`)).toEqual([
    'event-changed 2',
    'event-missing 5',
    'events-lost 9',
  ]);
});

test('of very many damages the first hundred are told, and the count of events is right', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  await journal.append(
    Array.from({ length: damagesMax * 2 + 10 }, () => taskDraft('TaskAdopted')),
    full,
  );
  journal[Symbol.dispose]();
  await folder.tamper('UPDATE events SET at = 1 WHERE seq % 2 = 0');
  const { events, damages } = await verify(folder);
  expect(events).toBe(damagesMax * 2 + 10);
  expect(damages).toHaveLength(damagesMax);
  expect(damages.at(-1)?.seq).toBe(damagesMax * 2);
});

test('of damages of several kinds no more are told, the first first', async () => {
  for (const [broken, last] of [
    [damagesMax - 1, 'environment-missing'],
    [damagesMax, 'event-changed'],
  ] as const) {
    using folder = new JournalFolder();
    const journal = await folder.open();
    // Of its environment nothing is in the store.
    const drafts = Array.from({ length: broken * 2 }, () => taskDraft('TaskAdopted'));
    await journal.append([taskDraft('TaskSubmitted'), ...drafts], full);
    journal[Symbol.dispose]();
    await folder.tamper('UPDATE events SET at = 1 WHERE seq % 2 = 0');
    const { damages } = await verify(folder);
    expect(damages).toHaveLength(damagesMax);
    expect(damages.at(-1)?.kind).toBe(last);
  }
});

describe('an environment', () => {
  const rewrite = "UPDATE environments SET entries = replace(entries, '/bin', '/evil')";

  test('that was changed is named with the task that was given it', async () => {
    using folder = new JournalFolder();
    await withNine(folder);
    await folder.tamper(rewrite);
    expect((await verify(folder)).damages.map(brief)).toEqual([{ kind: 'environment-changed', seq: 1, task: 1 }]);
  });

  test('that was removed is missed', async () => {
    using folder = new JournalFolder();
    await withNine(folder);
    await folder.tamper('DELETE FROM environments');
    expect((await verify(folder)).damages.map(brief)).toEqual([{ kind: 'environment-missing', seq: 1, task: 1 }]);
  });

  test('that was added by hand is found where it does not fit its hash', async () => {
    using folder = new JournalFolder();
    await withNine(folder);
    await folder.tamper("INSERT INTO environments VALUES ('abc', '[]')");
    expect((await verify(folder)).damages.map(brief)).toEqual([{ kind: 'environment-changed', seq: null, task: null }]);
  });

  test('that a redaction names may be another one', async () => {
    using folder = new JournalFolder();
    await withNine(folder);
    const journal = await folder.open();
    const redacted = taskDraft('EnvironmentRedacted', { data: { environments: [environment.hash] } });
    await journal.append([redacted], full);
    journal[Symbol.dispose]();
    await folder.tamper(rewrite);
    expect((await verify(folder)).damages).toEqual([]);
  });
});

describe('a segment', () => {
  const content = Buffer.from('as if it were compressed');

  async function withSegments(folder: JournalFolder): Promise<(index: number) => string> {
    await withNine(folder);
    const journal = await folder.open();
    const sha256 = createHash('sha256').update(content).digest('hex');
    const fileOf = (index: number): string => join(folder.path, 'tasks', '1', `stdout.000${index}.gz`);
    mkdirSync(dirname(fileOf(0)), { recursive: true });
    for (const index of [0, 1, 2]) {
      writeFileSync(fileOf(index), content);
      const range = { index, from: index * 100, to: index * 100 + 100, file: `stdout.000${index}.gz` };
      await journal.append(
        [taskDraft('LogSegmentSealed', { data: { ...range, bytes: content.length, sha256 } })],
        full,
      );
    }
    await journal.append([taskDraft('LogSegmentPruned', { data: { from: 0, to: 100 } })], full);
    journal[Symbol.dispose]();
    rmSync(fileOf(0));
    return fileOf;
  }

  test('that is what it was holds, and one that was pruned is not looked for', async () => {
    using folder = new JournalFolder();
    await withSegments(folder);
    const { segments, damages, progress } = await verify(folder);
    expect({ segments, damages }).toEqual({ segments: 2, damages: [] });
    expect(progress.at(-1)).toMatchObject({ segments: 2, segmentsTotal: 2 });
  });

  test.each([
    ['truncated', 'segment-truncated', (path: string) => truncateSync(path, 5), /is cut off: 5 of 24 bytes are there$/],
    ['missing', 'segment-missing', (path: string) => rmSync(path), /is missing$/],
    [
      'replaced by another of the same size',
      'segment-changed',
      (path: string) => writeFileSync(path, 'x'.repeat(24)),
      /has another content$/,
    ],
    ['longer', 'segment-changed', (path: string) => appendFileSync(path, 'x'), /has 25 bytes, and not 24$/],
    [
      'replaced by a folder',
      'segment-changed',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
      /is no file$/,
    ],
    [
      'a link to nowhere',
      'segment-missing',
      (path: string) => {
        rmSync(path);
        symlinkSync('/nowhere', path);
      },
      /is missing: a link is there$/,
    ],
    [
      'a link to what was there',
      'segment-missing',
      (path: string) => {
        renameSync(path, `${path}.elsewhere`);
        symlinkSync(`${path}.elsewhere`, path);
      },
      /is missing: a link is there$/,
    ],
  ])('that is %s is named', async (_, kind, harm, message) => {
    using folder = new JournalFolder();
    const fileOf = await withSegments(folder);
    harm(fileOf(2));
    const { segments, damages } = await verify(folder);
    expect(segments).toBe(2);
    expect(damages).toHaveLength(1);
    expect(damages[0]).toMatchObject({ kind, seq: 12, task: 1, file: fileOf(2) });
    expect(damages[0]?.message).toMatch(message);
  });

  test('whose whole folder is gone is missed, each of them', async () => {
    using folder = new JournalFolder();
    await withSegments(folder);
    rmSync(join(folder.path, 'tasks'), { recursive: true });
    expect((await verify(folder)).damages.map(({ kind, seq }) => `${kind} ${seq}`)).toEqual([
      'segment-missing 11',
      'segment-missing 12',
    ]);
  });
});

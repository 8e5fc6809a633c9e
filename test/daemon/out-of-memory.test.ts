import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { KernelRecord } from '../../src/daemon/kernel-log.ts';
import { type MemoryKills, killsByNow, memoryKillsOf } from '../../src/daemon/memory-kills.ts';
import { OutOfMemory, messageCharactersMax } from '../../src/daemon/out-of-memory.ts';
import type { EventDraft } from '../../src/journal/events.ts';
import { JournalFolder } from '../journal/journal-folder.ts';
import { actor, taskDraft, taskId } from '../support/facts.ts';
import { silentLog } from '../support/silent-log.ts';

const full = { durability: 'full' } as const;
// 100 s after the boot.
const started = taskDraft('TaskStarted', {
  data: { identity: { pid: 1256, startTime: '10000', bootId: 'boot-1' } },
});
const killed = taskDraft('TaskExited', { data: { outcome: { kind: 'signaled', signal: 'SIGKILL' } } });
const line =
  'Memory cgroup out of memory: Killed process 1256 (node) total-vm:894256kB, anon-rss:40064kB, file-rss:33312kB, shmem-rss:0kB, UID:0 pgtables:500kB oom_score_adj:0';
const said = (text: string, seconds = 200): KernelRecord => ({ atUs: seconds * 1_000_000, text });

interface Given {
  readonly events?: readonly EventDraft[];
  readonly kernel?: readonly KernelRecord[];
  readonly memoryKills?: (pid: number) => MemoryKills | null;
  /** Called between the start and what comes after. */
  readonly meanwhile?: () => void;
}

/** What is recorded of why it was killed. */
async function seen({ events = [killed], kernel = [], memoryKills = () => null, meanwhile }: Given) {
  using folder = new JournalFolder();
  const journal = await folder.open();
  {
    await using _ = new OutOfMemory({
      journal,
      log: silentLog,
      self: { ...actor, kind: 'daemon' },
      async *kernelLog() {
        await Promise.resolve();
        yield* kernel;
      },
      memoryKills,
    });
    await journal.append([taskDraft('TaskSubmitted'), taskDraft('TaskSpawned'), started], full);
    meanwhile?.();
    await journal.append(events, full);
  }
  return journal
    .readTask(taskId(1))
    .filter((event) => event.type === 'OutOfMemorySeen')
    .map(({ data, actor: by }) => ({ ...data, by: by.kind }));
}

describe('a task that SIGKILL ended', () => {
  test.each([
    line,
    'Out of memory: Killed process 1256 (node) total-vm:894256kB',
    'Out of memory: Kill process 1256 (node) score 912 or sacrifice child',
  ])('was killed for memory where the kernel says so: %s', async (text) => {
    const kernel = [said('something else'), said(text)];
    expect(await seen({ kernel })).toEqual([{ attempt: 1, evidence: 'kernel-log', message: text, by: 'daemon' }]);
  });

  test.each([
    ['names another process', [said(line.replace('1256', '12567'))]],
    ['names it as part of another number', [said(line.replace('1256', '91256'))]],
    ['names it before it was', [said(line, 50)]],
    ['names it over something else', [said('traps: process 1256 (node) trap int3')]],
    ['says nothing', []],
  ])('is not said to be where the kernel %s', async (_, kernel) => {
    expect(await seen({ kernel })).toEqual([]);
  });

  test('is not where ghost itself sent it', async () => {
    const requested = taskDraft('SignalRequested', { data: { signal: 'SIGKILL', reason: 'kill', graceMs: null } });
    expect(await seen({ events: [requested, killed], kernel: [said(line)] })).toEqual([]);
  });

  test('may be although ghost had sent another signal', async () => {
    const requested = taskDraft('SignalRequested', { data: { signal: 'SIGHUP', reason: 'signal', graceMs: null } });
    expect(await seen({ events: [requested, killed], kernel: [said(line)] })).toHaveLength(1);
  });

  test.each([
    ['another signal', { kind: 'signaled', signal: 'SIGTERM' }],
    ['itself', { kind: 'exited', code: 137 }],
  ] as const)('is meant: not one that was ended by %s', async (_, outcome) => {
    expect(await seen({ events: [taskDraft('TaskExited', { data: { outcome } })], kernel: [said(line)] })).toEqual([]);
  });

  test('has a line of the kernel kept as long as may be, with no half of a character at its end', async () => {
    const kept = async (text: string): Promise<string | undefined> =>
      (await seen({ kernel: [said(text)] }))[0]?.message;
    const most = line.padEnd(messageCharactersMax, 'x');
    expect(await kept(most)).toBe(most);
    expect(await kept(`${most}x`)).toBe(most);
    expect(await kept(`${most.slice(0, -1)}👻`)).toBe(most.slice(0, -1));
  });
});

describe('the count of the cgroup', () => {
  const lines = (version: string): readonly [cgroup: string, file: string, head: string] =>
    version === 'v2'
      ? ['0::/user.slice/a b\n', 'sys/fs/cgroup/user.slice/a b/memory.events', 'low 0\noom 1\n']
      : [
          '5:cpu,cpuacct:/x\n4:memory:/jobs\n0::/\n',
          'sys/fs/cgroup/memory/jobs/memory.oom_control',
          'oom_kill_disable 0\nunder_oom 0\n',
        ];

  test.each(['v1', 'v2'])('of %s tells it where the kernel log may not be read', async (version) => {
    const root = mkdtempSync(join(tmpdir(), 'cgroup-'));
    const [cgroup, file, head] = lines(version);
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    try {
      write('proc/1256/cgroup', cgroup);
      write(file, `${head}oom_kill 3\noom_group_kill 9\n`);
      const memoryKills = (pid: number): MemoryKills | null => memoryKillsOf(pid, { root });
      expect(await seen({ memoryKills })).toEqual([]);
      const counted = await seen({ memoryKills, meanwhile: () => write(file, `${head}oom_kill 5\n`) });
      expect(counted).toMatchObject([{ evidence: 'cgroup' }]);
      expect(counted[0]?.message).toMatch(/its cgroup \/(jobs|user\.slice\/a b) .* went from 3 to 5 while it ran$/);
      // The word of the kernel about the very process is the better one.
      const both = await seen({
        memoryKills,
        kernel: [said(line)],
        meanwhile: () => write(file, `${head}oom_kill 6\n`),
      });
      expect(both).toMatchObject([{ evidence: 'kernel-log' }]);
      const gone = await seen({ memoryKills, meanwhile: () => rmSync(join(root, file)) });
      expect(gone).toEqual([]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test('is counted from the adoption on where another daemon saw the start', async () => {
    const counts = [null, { cgroup: '/x', file: '/nowhere', count: 1 }];
    const asked: number[] = [];
    const memoryKills = (pid: number): MemoryKills | null => {
      asked.push(pid);
      return counts[asked.length - 1] ?? null;
    };
    const adopted = taskDraft('TaskAdopted', { data: { pid: 1256 } });
    expect(await seen({ events: [adopted, killed], memoryKills })).toEqual([]);
    expect(asked).toEqual([1256, 1256]);
  });

  test('that cannot be read, where no descriptor is left, costs no more than itself', async () => {
    const memoryKills = (): MemoryKills => {
      throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    };
    expect(await seen({ memoryKills, kernel: [said(line)] })).toMatchObject([{ evidence: 'kernel-log' }]);
    expect(await seen({ memoryKills })).toEqual([]);
  });

  test('of a process that is gone, or on a machine without cgroups, is not known', () => {
    expect(memoryKillsOf(999_999_999)).toBe(null);
    expect(killsByNow({ cgroup: '/x', file: '/nowhere/memory.events', count: 0 })).toBe(null);
  });
});

import { chmodSync, cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { EventDraft, Microseconds } from '../../src/journal/events.ts';
import { Journal } from '../../src/journal/journal.ts';
import { daemonDraft, microseconds, taskDraft } from './facts.ts';
import type { GhostHome } from './ghost-home.ts';
import { root } from './source-files.ts';

/** Tasks in an old journal; all that its other events tell is that they were tagged. */
const tasks = 5;
/** How far it lies back, so that nothing in it is in the future. */
const ageUs = 3_600_000_000;

/** Gives a home a journal as a ghost without read models would have left it, with so many events. */
export async function makeOldJournal(home: GhostHome, { events }: { events: number }): Promise<void> {
  const migrationsFolder = join(home.work, 'old-migrations');
  mkdirSync(migrationsFolder);
  mkdirSync(home.path, { mode: 0o700 });
  const first = '0001-journal.sql';
  cpSync(join(root, 'migrations', first), join(migrationsFolder, first));
  let now = Date.now() * 1000 - ageUs;
  using journal = await Journal.open({
    path: join(home.path, 'tasks.db'),
    migrationsFolder,
    now: () => (now += 10) as Microseconds,
    ghostVersion: '0.1.0',
    onDamage: (error) => {
      throw error;
    },
  });
  const environment = journal.environments.encode([['PATH', '/bin']]);
  const drafts: EventDraft[] = [daemonDraft('DaemonStarted')];
  for (let task = 1; task <= tasks; task += 1) {
    const data = {
      uuid: `${String(task).padStart(8, '0')}-0000-4000-8000-000000000000`,
      requestId: `old-${task}`,
      environmentHash: environment.hash,
    };
    const startedAt = microseconds(now);
    drafts.push(
      taskDraft('TaskSubmitted', { task, data }),
      taskDraft('TaskSpawned', { task }),
      taskDraft('TaskStarted', { task, data: { startedAt } }),
      taskDraft('TaskExited', { task, data: { endedAt: microseconds(startedAt + 5_000) } }),
      taskDraft('LogClosed', { task, data: { stdoutBytes: 0, stderrBytes: 0 } }),
    );
  }
  for (let tag = drafts.length; tag < events - 1; tag += 1) {
    const change = tag % 2 === 0 ? { added: ['odd'], removed: [] } : { added: [], removed: ['odd'] };
    drafts.push(taskDraft('TaskTagged', { task: 1 + (tag % tasks), data: { requestId: `tag-${tag}`, ...change } }));
  }
  drafts.push(daemonDraft('DaemonStopped'));
  await journal.append(drafts, { durability: 'normal', environment });
  for (const name of readdirSync(home.path)) chmodSync(join(home.path, name), 0o600);
}

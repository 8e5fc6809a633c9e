import { readFileSync, writeFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import type { EncodedEnvironment, EnvironmentPair } from '../../src/journal/environments.ts';
import type { TaskId } from '../../src/journal/events.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { type Salvage, restoreJournal } from '../../src/journal/salvage.ts';
import { actor, noon, taskDraft } from '../support/facts.ts';
import { JournalFolder, migrationsFolder } from './journal-folder.ts';

async function submit(
  journal: Journal,
  task: number,
  entries: readonly EnvironmentPair[],
): Promise<EncodedEnvironment> {
  const environment = journal.environments.encode(entries);
  const data = { requestId: `r${task}`, environmentHash: environment.hash };
  await journal.append([taskDraft('TaskSubmitted', { task, data })], { durability: 'full', environment });
  return environment;
}

async function restore({ file }: JournalFolder): Promise<Salvage> {
  return await restoreJournal({
    path: file,
    migrationsFolder,
    now: () => noon,
    ghostVersion: '0.1.0',
    actor,
    lastTaskSeen: 0,
  });
}

test('an environment is restored where its hash confirms it or a value of it was redacted, and never a changed one', async () => {
  using folder = new JournalFolder();
  const journal = await folder.open();
  const sound = await submit(journal, 1, [['GREETING', 'salvage-sound']]);
  const changed = await submit(journal, 2, [['GREETING', 'salvage-other']]);
  const redacted = await submit(journal, 3, [
    ['API_TOKEN', 'salvage-token'],
    ['GREETING', 'hello'],
  ]);
  const named = { requestId: 'redact', name: 'API_TOKEN' };
  await journal.environments.redact({
    hash: redacted.hash,
    name: named.name,
    draft: (environments) => ({
      type: 'EnvironmentRedacted',
      task: 3 as TaskId,
      actor,
      data: { ...named, environments },
    }),
  });
  journal[Symbol.dispose]();
  // One bit of a value, as a disk changes it: SQLite has no way to see that.
  const bytes = readFileSync(folder.file);
  const at = bytes.indexOf('salvage-other');
  expect(at).toBeGreaterThan(0);
  bytes.write('salvage-0ther', at);
  writeFileSync(folder.file, bytes);

  const { kept, environmentsLost } = await restore(folder);

  expect({ kept, environmentsLost }).toEqual({ kept: 4, environmentsLost: 1 });
  const restored = await folder.open();
  expect(restored.environments.read(sound.hash)).toEqual([['GREETING', 'salvage-sound']]);
  expect(restored.environments.read(changed.hash)).toBeNull();
  expect(restored.environments.read(redacted.hash)).toEqual([
    ['API_TOKEN', { redacted: true }],
    ['GREETING', 'hello'],
  ]);
});

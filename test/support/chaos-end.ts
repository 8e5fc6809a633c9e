import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { TaskView } from '../../src/projections/task-view.ts';
import type { Doing, Expected } from './chaos-deeds.ts';
import { daemonsOf } from './daemons.ts';
import { examineHome } from './doctor.ts';
import { heldBy } from './held-by.ts';
import { complaintsAbout } from './ledger-check.ts';
import { until } from './until.ts';

/** What may lie in a data folder of which no daemon serves any more and no task runs. */
const mayStay = [
  /^(tasks\.db|tasks\.db-mark|tasks\.db\.before-\d{4}|lock\.db|daemon\.log|daemon\.log\.\d+|reserve|tasks)$/,
  /^tasks\/\d+(\/spool|\/order\.idx|\/(stdout|stderr)\.\d{4,}\.gz)?$/,
  /^tasks\/\d+\/spool\/(stdout|stderr|status\.\d+|messages\.\d+)$/,
];

/** Witnesses, the writer and `audit --verify`. */
const readersMax = 6;

/**
 * Everything that must hold when all that a chaos began has ended, and the folder in the end; each a sentence.
 * @param leave lets those go who are still connected.
 */
export async function complaintsOfTheEnd(
  doing: Doing,
  { leave }: { readonly leave: () => Promise<void> },
): Promise<readonly string[]> {
  const { home, client, ledger, expected } = doing;
  const complaints = [...(await complaintsAbout(home, { client, ledger }))];
  complaints.push(...wrongChanges(await client.list({ all: true }), expected));
  const verified = await home.ghost(['audit', '--verify']);
  if (verified.status !== 0) complaints.push(`ghost audit --verify says ${verified.stdout}${verified.stderr}`);
  await leave();
  complaints.push(...(await heldTooMuch(doing)));
  const examination = await examineHome(home, ['--rebuild']);
  for (const one of examination.findings) {
    // What the machine is like is nobody's fault.
    const isAboutGhost = /journal|chain|output|tasks|files|leftovers|read models|lock|socket/.test(one.check);
    if (one.status !== 'ok' && isAboutGhost) complaints.push(`ghost doctor says: ${one.check}: ${one.message}`);
  }
  await client.shutdown();
  await until('no daemon is left', () => daemonsOf(home).length === 0).catch(() => undefined);
  complaints.push(...daemonsOf(home).map((pid) => `the daemon ${pid} is left`), ...wrongFolder(home.path, expected));
  return complaints;
}

function wrongChanges(listed: readonly TaskView[], expected: Expected): readonly string[] {
  const byId = new Map(listed.map((task) => [task.id, task]));
  const refused = [...expected.refused].filter(([word, id]) => {
    const own = listed.filter(({ command }) => command[0] === word);
    return own.length !== 1 || own[0]?.id !== id || own[0].state !== 'failed';
  });
  return [
    ...[...expected.names]
      .filter(([id, name]) => byId.get(id)?.name !== name)
      .map(([id, name]) => `task ${id} bears the name ${byId.get(id)?.name} and not ${name}`),
    ...[...expected.tags]
      .filter(([id, tags]) => byId.get(id)?.tags.join(' ') !== tags.join(' '))
      .map(([id, tags]) => `task ${id} bears the tags ${byId.get(id)?.tags.join(' ')} and not ${tags.join(' ')}`),
    ...[...expected.forgotten].filter((id) => byId.has(id)).map((id) => `task ${id} is listed, and was hidden`),
    ...refused.map(([word]) => `the refused ${word} is not one failed task`),
  ];
}

/** What the daemon that has lived through the end holds, against one that has just begun. */
async function heldTooMuch({ home, client }: Doing): Promise<readonly string[]> {
  const look = async (): Promise<string> => {
    await client.ping();
    let last = '';
    // What was opened for a moment is closed again.
    await until('it holds the same for a while', async () => {
      const before = last;
      const pid = home.daemonPid();
      last = pid === null ? '' : JSON.stringify(withoutReaders(heldBy(pid)));
      return last !== '' && last === before;
    });
    return last;
  };
  const old = await look();
  await client.shutdown();
  const fresh = await look();
  return old === fresh ? [] : [`the daemon holds ${old}, and one that has just begun ${fresh}`];
}

/**
 * SQLite keeps the descriptor of a reader that has closed for the next one, because to close it would drop the locks of
 * the whole process (fcntl(2)): there are as many as ever read at once.
 */
function withoutReaders(held: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(held).map(([kind, count]) => [kind, kind.endsWith('/tasks.db') && count <= readersMax ? 1 : count]),
  );
}

function wrongFolder(path: string, { secrets, pruned }: Expected): readonly string[] {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  const journal = readFileSync(join(path, 'tasks.db'));
  const output = names.filter((name) => {
    const [, task = ''] = /^tasks\/(\d+)\/(?:(?:stdout|stderr)\.\d+\.gz|spool\/(?:stdout|stderr))$/.exec(name) ?? [];
    return pruned.has(Number(task));
  });
  return [
    ...names.filter((name) => !mayStay.some((wanted) => wanted.test(name))).map((name) => `${name} is left`),
    ...output.map((name) => `${name} is left, and was taken away`),
    ...secrets.filter((secret) => journal.includes(secret)).map((secret) => `the journal still has ${secret}`),
  ];
}

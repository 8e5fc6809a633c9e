import { readdirSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { GhostHome } from '../../support/ghost-home.ts';
import { errorsLogged } from '../../support/raw-daemon.ts';
import { complaint, type FuzzRun, type FuzzTarget, oneOf, type Random } from '../fuzz-target.ts';
import { mutatedText, randomText } from '../mutate.ts';

/** What a daemon finds when it starts: rows of the journal, and what the shims have noted of their tasks. */
export const dataFolders: FuzzTarget = {
  name: 'data-folders',
  begin: () => Promise.resolve(new FolderRun()),
};

class FolderRun implements FuzzRun {
  async round(random: Random): Promise<readonly string[]> {
    await using home = new GhostHome();
    await home.complete(['sh', '-c', 'echo out; echo err >&2']);
    const running = await home.run(['sleep', '3600']);
    await home.killDaemon();
    const changed = random(2) === 0 ? changeRow(home, random) : changeNote(home, { task: running, random });
    const complaints: string[] = [];
    for (const words of [
      ['list', '--json'],

      ['show', String(running)],
      ['doctor'],
      ['audit', '--verify'],
    ]) {
      const { status, signal, stdout, stderr } = await home.ghost(words);
      const isTold = status === 0 || /^ghost: |damage|problem|does not/m.test(stdout + stderr);
      if (status === null || status > 4 || !isTold || /unexpected went wrong|\n {4}at /.test(stdout + stderr)) {
        complaints.push(
          complaint(`ghost ${words.join(' ')} ended with ${status ?? signal}`, { changed, stdout, stderr }),
        );
      }
    }
    const bugs = errorsLogged(home).filter((line) => line.includes('"code":"internal"'));
    return [...complaints, ...bugs.map((line) => complaint(`the daemon failed: ${line}`, changed))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Each round has a folder of its own.
  }
}

/** Changes one value of one row behind the back of the journal, as only somebody with the file can. */
function changeRow(home: GhostHome, random: Random): unknown {
  const database = new Database(join(home.path, 'tasks.db'));
  try {
    for (const name of database
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
      .pluck()
      .all()) {
      database.exec(`DROP TRIGGER "${name}"`);
    }
    const tables = database
      .prepare<[], string>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' AND name NOT LIKE 'sqlite_%'",
      )
      .pluck()
      .all();
    const [first = 'events', ...others] = tables;
    const table = random(2) === 0 ? 'events' : oneOf(random, [first, ...others]);
    const columns = database.prepare<[], { name: string }>(`PRAGMA table_info("${table}")`).all();
    const column = columns[random(columns.length)]?.name ?? 'seq';
    const rows = database.prepare<[], { value: unknown }>(`SELECT "${column}" AS value FROM "${table}"`).all();
    const row = rows[random(rows.length)];
    if (row === undefined) return { table, column };
    const values: readonly [unknown, ...unknown[]] = [
      typeof row.value === 'string' ? mutatedText(row.value, random) : row.value,
      randomText(random),
      null,
      random(2 ** 31),
      -1,
      1.5,
      Buffer.from('x'),
    ];
    const value = oneOf(random, values);
    try {
      database.prepare(`UPDATE "${table}" SET "${column}" = ? WHERE "${column}" IS ?`).run(value, row.value);
    } catch (error) {
      // What the table's own conditions refuse cannot be found in it.
      if (!(error instanceof Database.SqliteError)) throw error;
    }
    return { table, column, before: row.value, value };
  } finally {
    database.close();
  }
}

/** Changes what a shim has noted of a task that still runs. */
function changeNote(home: GhostHome, { task, random }: { readonly task: number; readonly random: Random }): unknown {
  const folder = join(home.path, 'tasks', String(task));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const file = files[random(files.length)];
  if (file === undefined) return { folder };
  const path = join(file.parentPath, file.name);
  const value = random(3) === 0 ? randomText(random) : mutatedText(readFileSync(path, 'latin1'), random);
  writeFileSync(path, value, 'latin1');
  return { file: path.slice(folder.length), value };
}

import { openDatabase } from '../../src/journal/database.ts';
import { readModelTables } from '../../src/projections/read-model-fold.ts';

/** Everything that the read models hold, row by row, the index of texts by what it knows of each run of characters. */
export function dumpReadModels(file: string): Readonly<Record<string, readonly unknown[]>> {
  const database = openDatabase(file);
  try {
    database.exec("CREATE VIRTUAL TABLE temp.runs USING fts5vocab('main', 'task_search', 'instance')");
    const rows = readModelTables.map(
      (table) => [table, database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()] as const,
    );
    return {
      ...Object.fromEntries(rows),
      task_search: database.prepare('SELECT term, doc FROM temp.runs ORDER BY term, doc').all(),
    };
  } finally {
    database.close();
  }
}

/** Changes the read models behind ghost's back. */
export function tamperWith(file: string, sql: string): void {
  const database = openDatabase(file);
  database.exec(sql);
  database.close();
}

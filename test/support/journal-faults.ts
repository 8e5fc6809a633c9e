import { createHash } from 'node:crypto';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import type { GhostHome } from './ghost-home.ts';

/** What is wrong with a home's journal: SQLite's own check of the file, and places or keys that are missing or doubled. */
export function journalFaults(home: GhostHome): readonly string[] {
  const database = new Database(join(home.path, 'tasks.db'), { readonly: true });
  try {
    const faults: string[] = [];
    const integrity = String(database.pragma('integrity_check', { simple: true }));
    if (integrity !== 'ok') faults.push(integrity);
    const rows = database.prepare<[], { seq: number; hash: string }>('SELECT seq, hash FROM events ORDER BY seq').all();
    rows.forEach(({ seq, hash }, index) => {
      if (seq !== index + 1) faults.push(`event ${seq} is in the place of ${index + 1}`);
      if (hash.length !== createHash('sha256').digest('hex').length) faults.push(`event ${seq} has no hash`);
    });
    return faults;
  } finally {
    database.close();
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { GhostError } from '../../src/ghost-error.ts';
import type { Microseconds } from '../../src/journal/events.ts';
import { Journal } from '../../src/journal/journal.ts';
import { type TaskJournal, openTaskJournal } from '../../src/projections/open-task-journal.ts';
import type { FoldOptions } from '../../src/projections/read-model-fold.ts';
import { noon } from '../support/facts.ts';
import { type ProgramResult, runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';

export const migrationsFolder = join(root, 'migrations');

/** A temporary folder with a journal in it, opened as often as a test likes. */
export class JournalFolder implements Disposable {
  readonly path: string;
  /** What was told to `onDamage`. */
  readonly damages: GhostError[] = [];
  readonly #opened: Journal[] = [];
  #now = noon - 1000;
  /** How far the clock goes on at each look, in microseconds. */
  stepUs = 1000;

  constructor({ path = mkdtempSync(join(tmpdir(), 'journal-')) }: { readonly path?: string } = {}) {
    this.path = path;
  }

  get file(): string {
    return join(this.path, 'tasks.db');
  }

  /** Opens the journal with a clock that goes on by a millisecond at each look. */
  async open({ migrations = migrationsFolder, version = '0.1.0' }: { migrations?: string; version?: string } = {}) {
    const journal = await Journal.open({
      path: this.file,
      migrationsFolder: migrations,
      now: () => (this.#now += this.stepUs) as Microseconds,
      ghostVersion: version,
      onDamage: (error) => this.damages.push(error),
    });
    this.#opened.push(journal);
    return journal;
  }

  /** The same with its read models. */
  async openTasks({
    fold = {},
    onFull = () => false,
  }: { fold?: FoldOptions; onFull?: () => boolean } = {}): Promise<TaskJournal> {
    const opened = await openTaskJournal({
      path: this.file,
      migrationsFolder,
      now: () => (this.#now += this.stepUs) as Microseconds,
      ghostVersion: '0.1.0',
      onDamage: (error) => this.damages.push(error),
      onFull,
      fold,
    });
    this.#opened.push(opened.journal);
    return opened;
  }

  /** Asks with the sqlite3 shell, as anybody may beside a daemon. It waits where the file is locked for a moment. */
  async shell(sql: string): Promise<ProgramResult> {
    return await runProgram(['sqlite3', '-bail', '-cmd', '.timeout 10000', this.file, sql]);
  }

  /** Changes the journal as somebody would who knows about the triggers. */
  async tamper(sql: string): Promise<void> {
    const triggers = await this.shell("SELECT group_concat(sql, ';') || ';' FROM sqlite_schema WHERE type = 'trigger'");
    const without = ['update', 'delete', 'replace'].map((what) => `DROP TRIGGER events_refuse_${what};`).join('');
    const { status, stderr } = await this.shell(`${without}${sql};${triggers.stdout}`);
    if (status !== 0) throw new Error(stderr);
  }

  [Symbol.dispose](): void {
    for (const journal of this.#opened) journal[Symbol.dispose]();
    rmSync(this.path, { recursive: true, force: true });
  }
}

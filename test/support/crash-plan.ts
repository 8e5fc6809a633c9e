import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CrashPoint } from '../../src/crash-point.ts';

/** A crash that is planned: the process that passes the point for the nth time dies, once. */
export interface PlannedCrash {
  readonly point: CrashPoint;
  readonly nth: number;
  /** Whether somebody has died of it. */
  hasHappened(): boolean;
  /** Takes it out of the plan. */
  cancel(): void;
}

/** The folder that `GHOST_CRASH` names for all processes of a home (src/crash-point.ts), and what is in it. */
export class CrashPlan implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'c-'));
  #planned = 0;

  /** Plans a crash for the processes that begin from now on; several are taken in their order. */
  add(point: CrashPoint, { nth }: { readonly nth: number }): PlannedCrash {
    this.#planned += 1;
    const path = join(this.folder, `${String(this.#planned).padStart(5, '0')}.${point}@${nth}`);
    writeFileSync(path, '');
    return { point, nth, hasHappened: () => existsSync(`${path}.died`), cancel: () => rmSync(path, { force: true }) };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

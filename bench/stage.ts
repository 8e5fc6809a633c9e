import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Stage } from './figure.ts';
import type { LeftOut } from './report.ts';
import { BenchHome } from './support/bench-home.ts';
import type { Peers } from './support/peers.ts';

/** The stage of one figure. Disposing ends and removes all that was made on it. */
export class BenchStage implements Stage, AsyncDisposable {
  readonly peers: Peers;
  readonly leftOut: LeftOut[] = [];
  readonly #effort: number;
  readonly #kept = new AsyncDisposableStack();

  constructor({ peers, effort }: { readonly peers: Peers; readonly effort: number }) {
    this.peers = peers;
    this.#effort = effort;
  }

  home(): BenchHome {
    return this.#kept.use(new BenchHome());
  }

  folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'ghost-bench-work-'));
    this.#kept.defer(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  rounds(usual: number): number {
    return Math.max(3, Math.round(usual * this.#effort));
  }

  leaveOut(what: string, why: string): void {
    this.leftOut.push({ what, why });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept.disposeAsync();
  }
}

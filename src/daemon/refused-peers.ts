import type { Actor } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { DaemonLog } from './daemon-log.ts';
import type { Peer } from './server.ts';

/** One refusal of a user is recorded in so long, so that nobody can fill the journal by knocking. */
export const recordEveryMs = 60_000;

/** Records that another user was turned away. */
export class RefusedPeers {
  readonly #context: { readonly journal: Journal; readonly log: DaemonLog; readonly self: Actor };
  readonly #recorded = new Map<number, number>();

  constructor(context: { readonly journal: Journal; readonly log: DaemonLog; readonly self: Actor }) {
    this.#context = context;
  }

  note({ uid, pid }: Peer): void {
    const { journal, log, self } = this.#context;
    const now = performance.now();
    const last = this.#recorded.get(uid);
    if (last !== undefined && now - last < recordEveryMs) return;
    this.#recorded.set(uid, now);
    log.warn('another user was refused', { uid, pid });
    journal
      .append([{ type: 'PeerRefused', task: null, actor: self, data: { uid, pid } }], { durability: 'normal' })
      .catch((error: unknown) => {
        log.error('a refusal could not be recorded', { error: String(error) });
      });
  }
}

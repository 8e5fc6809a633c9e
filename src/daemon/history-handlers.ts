import { GhostError } from '../ghost-error.ts';
import type { Handlers } from '../protocol/handlers.ts';
import type { HandlerContext } from './request-handlers.ts';

/** What the daemon answers about the past of the tasks. */
export function createHistoryHandlers(
  _context: HandlerContext,
): Pick<Handlers, 'history' | 'historyStats' | 'table' | 'rebuild'> {
  return {
    history: notYet,
    historyStats: notYet,
    table: notYetStream,
    rebuild: notYetStream,
  };
}

function notYet(): Promise<never> {
  return Promise.reject(new GhostError('internal', 'this is being built'));
}

async function* notYetStream(): AsyncGenerator<never, never, void> {
  yield await notYet();
  return await notYet();
}

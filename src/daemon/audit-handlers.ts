import { GhostError } from '../ghost-error.ts';
import type { Handlers } from '../protocol/handlers.ts';
import type { HandlerContext } from './request-handlers.ts';

/** What the daemon answers about the events themselves. */
export function createAuditHandlers(_context: HandlerContext): Pick<Handlers, 'audit' | 'verify'> {
  return {
    audit: notYetStream,
    verify: notYetStream,
  };
}

function notYet(): Promise<never> {
  return Promise.reject(new GhostError('internal', 'this is being built'));
}

async function* notYetStream(): AsyncGenerator<never, never, void> {
  yield await notYet();
  return await notYet();
}

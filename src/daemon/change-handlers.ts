import { GhostError } from '../ghost-error.ts';
import type { Handlers } from '../protocol/handlers.ts';
import type { HandlerContext } from './request-handlers.ts';

/** What changes what is known of a task, and what shows its environment. */
export function createChangeHandlers(
  _context: HandlerContext,
): Pick<Handlers, 'environment' | 'rename' | 'tag' | 'redact'> {
  return {
    environment: notYet,
    rename: notYet,
    tag: notYet,
    redact: notYet,
  };
}

function notYet(): Promise<never> {
  return Promise.reject(new GhostError('internal', 'this is being built'));
}

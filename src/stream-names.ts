import type { StreamName } from './journal/events.ts';

/**
 * The streams of a task that are kept. What of both was seen at one moment comes in this order: nobody knows better, and
 * every reader is to see the same.
 */
export const streamNames: readonly StreamName[] = ['stdout', 'stderr'];

import type { EventType } from '../journal/events.ts';
import { nearest } from './nearest.ts';

/** Every type that an event can be of; the compiler names one that is missing. */
const known: { readonly [T in EventType]: true } = {
  DaemonStarted: true,
  DaemonStopped: true,
  PeerRefused: true,
  JournalRestored: true,
  TaskSubmitted: true,
  TaskSpawned: true,
  TaskSpawnAborted: true,
  TaskStarted: true,
  TaskStartFailed: true,
  SignalRequested: true,
  SignalSent: true,
  TaskExited: true,
  TaskOrphaned: true,
  TaskAdopted: true,
  TaskLost: true,
  PumpRestarted: true,
  LogSegmentSealed: true,
  LogSegmentPruned: true,
  LogClosed: true,
  TaskRenamed: true,
  TaskTagged: true,
  TaskForgotten: true,
  EnvironmentRedacted: true,
  OutOfMemorySeen: true,
};

export const eventTypes: readonly string[] = Object.keys(known);

/** The type that somebody names, whatever the case of its letters, or null. */
export function eventTypeOf(word: string): string | null {
  return eventTypes.find((type) => type.toLowerCase() === word.toLowerCase()) ?? null;
}

/** The type that a mistyped word most likely meant, or null. */
export function nearestEventType(word: string): string | null {
  const lower = eventTypes.map((type) => type.toLowerCase());
  const near = nearest(word.toLowerCase(), lower);
  // `exited` and `submitted` are what people remember of them.
  return (
    (near === null ? null : eventTypeOf(near)) ??
    eventTypes.find((_, place) => lower[place]?.includes(word.toLowerCase())) ??
    null
  );
}

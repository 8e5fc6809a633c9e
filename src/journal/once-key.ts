import type { EventDraft } from './events.ts';

/**
 * The key of a fact that can happen only once, or null where it can happen again. The journal holds it unique, so
 * that a step done again after a crash cannot be recorded twice.
 */
export function onceKey({ type, task, data }: EventDraft): string | null {
  switch (type) {
    case 'TaskSubmitted':
      return `request:${data.requestId}`;
    case 'TaskSpawned':
    case 'TaskSpawnAborted':
    case 'TaskStarted':
      return `${type}:${task}:${data.attempt}`;
    case 'TaskStartFailed':
    case 'TaskExited':
    case 'TaskLost':
      // One end, whatever its kind.
      return `end:${task}`;
    case 'LogSegmentSealed':
    case 'LogSegmentPruned':
      return `${type}:${task}:${data.stream}:${data.from}`;
    case 'LogClosed':
    case 'TaskForgotten':
      return `${type}:${task}`;
    case 'TaskRenamed':
    case 'TaskTagged':
    case 'EnvironmentRedacted':
      return `${type}:${task}:${data.requestId}`;
    case 'OutOfMemorySeen':
      return `${type}:${task}:${data.attempt}`;
    case 'SignalRequested':
    case 'SignalSent':
      return `${type}:${task}:${data.requestId}:${data.signal}`;
    case 'DaemonStarted':
    case 'DaemonStopped':
    case 'PeerRefused':
    case 'JournalRestored':
    case 'TaskOrphaned':
    case 'TaskAdopted':
    case 'PumpRestarted':
      return null;
  }
}

/** The first of some keys that is among them twice, or that is recorded. */
export function duplicateOf(
  keys: readonly (string | null)[],
  isRecorded: (key: string) => boolean,
): string | undefined {
  const seen = new Set<string>();
  for (const key of keys) {
    if (key === null) continue;
    if (seen.has(key) || isRecorded(key)) return key;
    seen.add(key);
  }
  return undefined;
}

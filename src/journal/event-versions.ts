import type { DaemonEventType, EventType } from './events.ts';

export const daemonEventTypes: readonly DaemonEventType[] = [
  'DaemonStarted',
  'DaemonStopped',
  'PeerRefused',
  'JournalRestored',
];

/** The version of each event's shape that this ghost writes. */
export const eventVersions: { readonly [T in EventType]: number } = {
  DaemonStarted: 1,
  DaemonStopped: 1,
  PeerRefused: 1,
  JournalRestored: 1,
  TaskSubmitted: 1,
  TaskSpawned: 1,
  TaskSpawnAborted: 1,
  TaskStarted: 1,
  TaskStartFailed: 1,
  SignalRequested: 1,
  SignalSent: 1,
  TaskExited: 1,
  TaskOrphaned: 1,
  TaskAdopted: 1,
  TaskLost: 1,
  PumpRestarted: 1,
  LogSegmentSealed: 1,
  LogSegmentPruned: 1,
  LogClosed: 2,
  TaskRenamed: 1,
  TaskTagged: 1,
  TaskForgotten: 1,
  EnvironmentRedacted: 1,
  OutOfMemorySeen: 1,
};

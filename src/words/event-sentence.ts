import type { Actor, DataOf, JournalEvent, Outcome, PruneReason } from '../journal/events.ts';
import { quoteWord } from '../shell-quote.ts';
import { byteText } from './byte-text.ts';
import { formatDuration } from './duration.ts';
import { counted } from './task-words.ts';
import { visible } from './visible.ts';

/** What an event says, as half a sentence for a person. `by` says who asked, and is "" where that is told elsewhere. */
export function eventSentence(
  event: JournalEvent,
  { by = (actor) => ` by ${actorWords(actor)}` }: { readonly by?: (actor: Actor) => string } = {},
): string {
  const asked = by(event.actor);
  switch (event.type) {
    case 'DaemonStarted': {
      const { identity, version, previous } = event.data;
      const before = previous === 'crashed' ? '; the one before it had crashed' : '';
      return `daemon ${identity.pid} started, version ${visible(version)}${before}`;
    }
    case 'DaemonStopped': {
      const { reason, tasksRunning } = event.data;
      return `the daemon ended (${visible(reason)}) with ${counted(tasksRunning, { one: 'task', many: 'tasks' })} running`;
    }
    case 'PeerRefused':
      return `user ${event.data.uid} (process ${event.data.pid}) was turned away`;
    case 'JournalRestored':
      return restoredWords(event.data);
    case 'TaskSubmitted':
      return event.data.restartOf === null
        ? `submitted${asked}`
        : `submitted as a restart of ${event.data.restartOf}${asked}`;
    case 'TaskSpawned':
      return `its shim exists, process ${event.data.shim.pid}${attemptWords(event.data)}`;
    case 'TaskSpawnAborted':
      return `attempt ${event.data.attempt} was given up before anything ran: ${visible(event.data.reason)}`;
    case 'TaskStarted':
      return `started, process ${event.data.identity.pid}${attemptWords(event.data)}`;
    case 'TaskStartFailed':
      return `could not be started: ${visible(event.data.message)}`;
    case 'SignalRequested': {
      const { signal, reason, graceMs } = event.data;
      const after = graceMs === null ? '' : `, SIGKILL to follow after ${formatDuration(graceMs)}`;
      return `${signal} asked for (${reasonWords[reason]})${asked}${after}`;
    }
    case 'SignalSent': {
      const { signal, reason, processGroup, answer } = event.data;
      return `${signal} to process group ${processGroup} (${reasonWords[reason]}): ${answerWords[answer]}`;
    }
    case 'TaskExited': {
      const found = event.data.observed === 'found' ? ', found by a later daemon' : '';
      return `${outcomeWords(event.data.outcome)}${found}`;
    }
    case 'TaskOrphaned': {
      const { pid, shim } = event.data;
      return `found alive without a daemon${pid === null ? '' : `, process ${pid}`}, its shim ${shim}`;
    }
    case 'TaskAdopted':
      return 'taken up by the new daemon';
    case 'TaskLost':
      return `lost: ${visible(event.data.message)}`;
    case 'PumpRestarted':
      return `the pump of its ${event.data.stream} had been killed and was replaced`;
    case 'LogSegmentSealed': {
      const { stream, from, to, bytes } = event.data;
      return `${byteText(to - from)} of its ${stream} compressed to ${byteText(bytes)}`;
    }
    case 'LogSegmentPruned': {
      const { stream, from, to, reason } = event.data;
      return `${byteText(to - from)} of its ${stream} taken away (${pruneWords[reason]})`;
    }
    case 'LogClosed': {
      const { stdoutBytes, stderrBytes } = event.data;
      return `its output is complete: ${byteText(stdoutBytes)} stdout, ${byteText(stderrBytes)} stderr`;
    }
    case 'TaskRenamed': {
      const { name } = event.data;
      return `${name === null ? 'its name was taken away' : `named ${quoteWord(name)}`}${asked}`;
    }
    case 'TaskTagged': {
      const { added, removed } = event.data;
      const changes = [...added.map((tag) => `+${visible(tag)}`), ...removed.map((tag) => `-${visible(tag)}`)];
      return `tags changed (${changes.join(' ')})${asked}`;
    }
    case 'TaskForgotten':
      return `hidden from lists${asked}`;
    case 'EnvironmentRedacted':
      return `the value of ${visible(event.data.name)} was removed from the store${asked}`;
    case 'OutOfMemorySeen':
      return `the kernel had run out of memory: ${visible(event.data.message)}`;
  }
}

function restoredWords({ kept, lost, lastTask, damaged }: DataOf<'JournalRestored'>): string {
  const what =
    damaged === null
      ? `the end of the journal is missing: ${kept === 0 ? 'no event' : `event ${kept}`} is the last that is known`
      : kept === 0
        ? 'the journal was damaged, and no event could be kept'
        : `the journal was damaged and restored with the events 1 to ${kept}`;
  const gone =
    lost === null ? '' : `; lost ${lost.from === lost.to ? `event ${lost.from}` : `${lost.from} to ${lost.to}`}`;
  return `${what}${gone}; tasks are numbered on from ${lastTask + 1}`;
}

/** Why output was taken, for a person. */
export const pruneWords: Readonly<Record<PruneReason, string>> = {
  'task-limit': "the task's log had reached its limit",
  'total-limit': 'all logs together had reached their limit',
  'free-space': 'the disk was nearly full',
  request: 'asked for with ghost prune',
};

/** How a task ended, after its number or name: `exited with 0`. */
export function outcomeWords(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'exited':
      return `exited with ${outcome.code}`;
    case 'signaled':
      return `ended by ${outcome.signal}`;
    case 'start-failed':
      return `could not be started: ${visible(outcome.message)}`;
    case 'lost':
      return `lost: ${visible(outcome.message)}`;
  }
}

/** Who asked: `ghost-cli 0.1.0 (process 812, user 1000, /dev/pts/3)`. */
export function actorWords({ kind, client, pid, uid, terminal }: Actor): string {
  if (kind === 'daemon') return 'the daemon';
  const known = [
    pid === null ? [] : [`process ${pid}`],
    uid === null ? [] : [`user ${uid}`],
    terminal === null ? [] : [visible(terminal)],
  ].flat();
  return known.length === 0 ? visible(client) : `${visible(client)} (${known.join(', ')})`;
}

const reasonWords = {
  stop: 'stop',
  kill: 'kill',
  signal: 'signal',
  'grace-ran-out': 'the grace ran out',
  timeout: 'its time ran out',
  shutdown: 'shutdown',
  wake: 'so that a stopped task can end',
} as const;

/** What the kernel answered to a signal, for a person. */
export const answerWords = {
  delivered: 'delivered',
  'no-such-process': 'nothing of it was left',
  'not-permitted': 'not permitted',
  unknown: 'the daemon ended before it knew the answer',
} as const;

function attemptWords({ attempt }: { readonly attempt: number }): string {
  return attempt > 1 ? `, attempt ${attempt}` : '';
}

import type { Actor } from '../journal/events.ts';
import type { Explanation, Reason } from '../projections/explain-task.ts';
import type { TaskView } from '../projections/task-view.ts';
import type { NameOfUser } from '../user-names.ts';
import { byteText } from './byte-text.ts';
import { formatDuration } from './duration.ts';
import { pruneWords } from './event-sentence.ts';
import { codeWords, signalWords } from './exit-words.ts';
import { counted } from './task-words.ts';
import { shortTime, tookText } from './time-text.ts';
import { visible } from './visible.ts';
import { terminalWords, commandLineWords, userWords } from './who.ts';

/** Whose eyes it is for. */
export interface Reader {
  readonly nameOf: NameOfUser;
  /** The reader's own uid, who is called `you`; null where there is none. */
  readonly uid: number | null;
  readonly nowMs: number;
}

/** What became of a task, in one sentence: `Task 42 (web) was killed by SIGKILL after 2.0s.` */
export function summaryText(task: TaskView): string {
  const { id, name, state, exitCode, signal, durationMs } = task;
  const subject = `Task ${id}${name === null ? '' : ` (${visible(name)})`}`;
  const after = durationMs === null ? '' : ` after ${tookText(durationMs)}`;
  switch (state) {
    case 'running':
      return `${subject} is running.`;
    case 'exited':
      return `${subject} exited with 0${after}.`;
    case 'failed':
      return exitCode === null ? `${subject} could not be started.` : `${subject} failed with ${exitCode}${after}.`;
    case 'killed':
      return `${subject} was killed by ${signal}${after}.`;
    case 'lost':
      return `${subject} is lost.`;
  }
}

/** One link of an explanation, as a sentence or two. */
export function reasonText(reason: Reason, { task }: Explanation, reader: Reader): string {
  const when = reason.at === null ? '' : ` at ${shortTime({ atMs: reason.at / 1000, nowMs: reader.nowMs })}`;
  switch (reason.kind) {
    case 'restart':
      return `It is a restart of task ${reason.of}, made by ${actorPhrase(reason.by, reader)}.`;
    case 'aborted': {
      const times = reason.attempts === 1 ? '' : ` ${reason.attempts} times`;
      return `Before it could begin its shim ended${times}, and it was tried again: ${visible(reason.why)}.`;
    }
    case 'refused':
      return `${visible(reason.message)}. ${refusalHint(reason.why, task)}`.trimEnd();
    case 'asked':
      return askedText(reason, { when, reader });
    case 'escalated':
      return `It did not end on ${reason.ignored}, and SIGKILL followed ${tookText(reason.afterMs)} later, when its grace had run out.`;
    case 'outside':
      return outsideText(reason);
    case 'out-of-memory':
      return reason.evidence === 'kernel-log'
        ? `The kernel killed it because memory had run out: ${visible(reason.message)}.`
        : `Very likely the kernel killed it because memory had run out: ${visible(reason.message)}.`;
    case 'unexplained-kill':
      return 'The kernel sends SIGKILL as well when memory runs out. ghost saw no trace of that; the kernel log may know more: journalctl -k, or dmesg.';
    case 'code':
      return codeWords(reason, { id: task.id });
    case 'lost': {
      const seen =
        reason.lastSeenAt === null
          ? ''
          : ` It was last known to be alive at ${shortTime({ atMs: reason.lastSeenAt / 1000, nowMs: reader.nowMs })}.`;
      return `${lossWords[reason.why]}${seen}`;
    }
    case 'found':
      return 'No daemon was there when it ended; the next one read how from what its shim had noted.';
    case 'starting':
      return 'It is about to start.';
    case 'running': {
      const process = reason.pid === null ? '' : `, as process ${reason.pid}`;
      return `It was started${when} and has run for ${tookText(reason.forMs)}${process}.`;
    }
    case 'adopted':
      return reason.times === 1
        ? `It outlived its daemon, and the next one took it up${when}.`
        : `It outlived ${reason.times} daemons, and was taken up each time, last${when}.`;
    case 'silent':
      return reason.forMs === null
        ? 'It has written nothing so far.'
        : `It has written nothing for ${tookText(reason.forMs)}.`;
    case 'stop-under-way':
      return `SIGKILL follows in ${tookText(reason.killInMs)} where it has not ended by then.`;
    case 'left-behind':
      return `${counted(reason.count, { one: 'process', many: 'processes' })} of its group ${reason.count === 1 ? 'is' : 'are'} still alive: ghost stop ${task.id}`;
    case 'pruned': {
      const by = reason.why === 'request' ? `, by ${actorPhrase(reason.by, reader)}` : '';
      return `${byteText(reason.bytes)} of its output were taken away${when} (${pruneWords[reason.why]}${by}).`;
    }
    case 'hidden':
      return `It was hidden from lists${when} by ${actorPhrase(reason.by, reader)}.`;
  }
}

/** `you (ada on pts/3, ghost stop 42)`, in the midst of a sentence. */
function actorPhrase(actor: Actor, { nameOf, uid }: Reader): string {
  if (actor.kind === 'daemon') return 'ghost';
  const user = userWords(actor.uid, { nameOf });
  const { client, commandLine, terminal } = actor;
  const does = commandLine === null ? visible(client) : `\`${commandLineWords({ client, commandLine })}\``;
  const isReader = actor.uid !== null && actor.uid === uid;
  const where = terminal === null ? [] : [terminalWords(terminal)];
  const known = isReader ? [...(user === null ? [] : [user]), ...where, does] : [...where, does];
  return `${isReader ? 'you' : (user ?? 'somebody')} (${known.join(', ')})`;
}

function askedText(
  { signal, reason, by, timeoutMs, answer, endedAfterMs }: Extract<Reason, { kind: 'asked' }>,
  { when, reader }: { readonly when: string; readonly reader: Reader },
): string {
  const who = capitalized(actorPhrase(by, reader));
  const outcome = answer === 'delivered' || answer === null ? endText(endedAfterMs) : `, but ${failureWords[answer]}`;
  switch (reason) {
    case 'stop':
      return `${who} asked it to stop${when} (${signal})${outcome}.`;
    case 'kill':
      return `${who} killed it${when} (${signal})${outcome}.`;
    case 'signal':
    case 'wake':
      return `${who} sent it ${signal}${when}${outcome}.`;
    case 'shutdown':
      return `${who} ended the daemon and all its tasks${when} (${signal})${outcome}.`;
    case 'timeout': {
      const limit = timeoutMs === null ? '' : ` of ${formatDuration(timeoutMs)}`;
      return `Its time${limit} ran out${when}, and ghost asked it to stop (${signal})${outcome}.`;
    }
    case 'grace-ran-out':
      return `Its grace ran out${when}, and ghost sent ${signal}${outcome}.`;
  }
}

/** The times of an end are those of files, which are good to some milliseconds. */
export const atOnceMs = 50;

function endText(endedAfterMs: number | null): string {
  if (endedAfterMs === null) return '';
  return endedAfterMs < atOnceMs ? '; it ended at once' : `; it ended ${tookText(endedAfterMs)} later`;
}

const failureWords = {
  'no-such-process': 'nothing of it was left by then',
  'not-permitted': 'the kernel did not permit it: it belonged to another user by then',
  unknown: 'the daemon ended before it knew whether that arrived',
} as const;

function outsideText({ signal, sentOthers }: Extract<Reason, { kind: 'outside' }>): string {
  const own = signalWords(signal);
  if (own !== null) return `ghost sent no ${signal}; mostly it comes from the program itself: ${own}.`;
  const but = sentOthers ? `That ${signal} was not ghost's` : `ghost sent it no ${signal}`;
  return `${but}: something else did (a kill by hand, another program, the system).`;
}

function refusalHint(why: Extract<Reason, { kind: 'refused' }>['why'], { command }: TaskView): string {
  switch (why) {
    case 'command-not-found':
      return (command[0] ?? '').includes('/')
        ? 'Check the path; a relative one counts from the folder of the task.'
        : 'It is in none of the folders that PATH named where it was asked for; a line for the shell goes with -c.';
    case 'command-not-executable':
      return 'Make it executable (chmod +x), or run its interpreter: ghost run sh FILE.';
    case 'cwd-not-usable':
      return 'The folder to run in must be there, and yours to enter.';
    case 'spawn-failed':
      return '';
  }
}

const lossWords = {
  'machine-rebooted': 'The machine was started anew while it ran, and nothing tells how it ended.',
  'shim-killed':
    'Its shim, which waits for it to note how it ends, was killed, and then it ended with nobody there to note how.',
  'start-unknown':
    'The machine was started anew just as it was being started. It may have run or not, so ghost does not run it again by itself.',
  'events-lost':
    'The journal was damaged, and what it told of the start of this task is lost. It may have run or not, so ghost does not run it again by itself.',
  'folder-copied':
    'This data folder is a copy. The task belongs to the folder that it was copied from, and runs on there if it still runs.',
} as const;

/** `you` begins a sentence with a capital; a user's name and `ghost` stay what they are. */
function capitalized(phrase: string): string {
  return phrase.replace(/^you /, 'You ');
}

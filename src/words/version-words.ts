import type { VersionNews } from '../client/session.ts';
import { versionAge } from '../version-order.ts';
import { version } from '../version.ts';
import { counted } from './task-words.ts';
import { visible } from './visible.ts';

/** What is said, in one line, where the daemon is not of this ghost's version. */
export function versionSentence(news: VersionNews): string {
  const { daemon, own } = news;
  if (news.kind === 'newer') {
    const back = 'to go back to this one, ghost shutdown first (tasks run on)';
    return `the daemon is ghost ${visible(daemon)}, newer than this ${own}, and stays; ${back}`;
  }
  const tasks =
    news.tasksRunning === null || news.tasksRunning === 0
      ? ''
      : `; ${counted(news.tasksRunning, { one: 'task', many: 'tasks' })} ran on meanwhile`;
  return `replaced the daemon of ghost ${visible(daemon)} by this ${own}${tasks}`;
}

/** The same for `ghost status`, which changes nothing. */
export function otherVersionWords(daemon: string): string {
  const next = {
    older: ': the next command that needs a daemon replaces it',
    newer: ': to go back, ghost shutdown first',
    same: '',
    unknown: '',
  }[versionAge(daemon)];
  return `this is ghost ${version}${next}`;
}

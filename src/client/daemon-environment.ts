import { resolve } from 'node:path';

import type { Paths } from '../paths.ts';

/** What a daemon needs to know of the world: where things lie, and how to speak of time. */
const kept = /^(?:HOME|PATH|USER|LOGNAME|LANG|TZ|TMPDIR|LC_.*|XDG_.*|GHOST_.*)$/;

/**
 * How glibc keeps memory (mallopt(3)): what zlib takes for a member of a segment goes back to the system each time. Else
 * glibc comes to take such pieces from the one heap, where what lives long stays between them, and a daemon that has
 * compressed for long has a heap full of gaps: 53 MB after 2,000 logs of 100 kB, and it went on.
 */
const allocation = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/**
 * The environment of a daemon, made of its starter's. It lives for ever, and what is not needed is left out: tokens and
 * keys of whoever happened to run the first command, and options that would change how Node runs. Tasks get their own
 * caller's environment, not this one.
 *
 * The folder and the socket are said outright, so that the daemon takes the paths that its starter looks at.
 */
export function daemonEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  { home, socket }: Paths,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && kept.test(name)) result[name] = value;
  }
  // The daemon leaves the folder that a relative path is relative to.
  const config = result['GHOST_CONFIG'];
  return {
    ...result,
    ...(config === undefined || config === '' ? {} : { GHOST_CONFIG: resolve(config) }),
    ...allocation,
    GHOST_HOME: home,
    GHOST_SOCKET: socket,
  };
}

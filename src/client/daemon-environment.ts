import { resolve } from 'node:path';

import type { Paths } from '../paths.ts';

/** What a daemon needs to know of the world: where things lie, and how to speak of time. */
const kept = /^(?:HOME|PATH|USER|LOGNAME|LANG|TZ|TMPDIR|LC_.*|XDG_.*|GHOST_.*)$/;

/**
 * From which size on the C library (glibc; others leave it aside) takes memory from the system and gives it back when it
 * is freed. By itself it raises this to as much as was ever freed at once, and what is smaller leaves holes in its heap:
 * measured after 1,800 followers of 4 MB each, 41 MB in place of 51.
 */
const memory = { MALLOC_MMAP_THRESHOLD_: String(64 * 1024) };

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
    ...memory,
    ...(config === undefined || config === '' ? {} : { GHOST_CONFIG: resolve(config) }),
    GHOST_HOME: home,
    GHOST_SOCKET: socket,
  };
}

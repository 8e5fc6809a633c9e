import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { GhostHome } from './ghost-home.ts';
import { root } from './source-files.ts';

/** An environment in which `ghost` is typed as a person types it, and in which shells find nothing of their user's. */
export function ghostOnPath(home: GhostHome): NodeJS.ProcessEnv {
  const bin = join(home.work, 'bin');
  mkdirSync(bin, { recursive: true });
  const launcher = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin', 'ghost.cjs')}' "$@"\n`;
  writeFileSync(join(bin, 'ghost'), launcher, { mode: 0o755 });
  return {
    ...home.env,
    PATH: `${bin}:${home.env['PATH'] ?? ''}`,
    HOME: home.work,
    XDG_DATA_HOME: home.work,
    XDG_CONFIG_HOME: home.work,
    XDG_CACHE_HOME: home.work,
    XDG_RUNTIME_DIR: home.work,
  };
}

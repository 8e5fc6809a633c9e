import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { root } from '../support/source-files.ts';

const busyStart = join(root, 'test', 'fixtures', 'busy-start.cjs');

test.for([
  { argv: ['run', '--follow', '--shell', 'echo one; exit 3'], status: 3, stdout: 'one\n' },
  { argv: ['log', '1'], status: 0, stdout: 'first\n' },
  { argv: ['show', '99'], status: 3, stdout: '' },
] as const)(
  '%j that has worked for long ends in order: process.exit may wait for ever for V8',
  async ({ argv, ...ends }) => {
    await using home = new GhostHome();
    await home.complete(['echo', 'first']);
    const said = await home.ghost(argv, { env: { NODE_OPTIONS: `--require ${busyStart}` } });
    expect(said).toMatchObject(ends);
    expect(said.stderr).not.toContain('process.exit');
  },
);

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { ghostOnPath } from '../support/ghost-on-path.ts';
import { consoleSteps, isAsShown, markdownBlocks, withoutChance } from '../support/markdown-blocks.ts';
import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';

const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The blocks that are only read: those that install something. Each has its reason above it in the document. */
const notRunMax = 1;

/** What the documents speak of and no machine has to have: each is a program of a few lines that does as the real one. */
const programs: Readonly<Record<string, string>> = {
  python3: 'echo "Serving HTTP on 127.0.0.1 port 8999"; exec sleep 600',
  npm: 'case "$*" in *dev*) echo "ready on http://localhost:5173"; exec sleep 600;; *) echo "npm $*";; esac',
  make: 'echo "make $*"',
  curl: 'echo "<html>"',
};

test.for(documents)('what %s tells to type works, and prints what it shows', async (document) => {
  await using home = new GhostHome();
  const env: NodeJS.ProcessEnv = { ...ghostOnPath(home), SHELL: '/bin/bash', COLUMNS: '100' };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(home.work, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const paste = (script: string) => runProgram(['timeout', '30', 'bash', '-c', script], { env, cwd: home.work });
  const wrong: string[] = [];
  for (const { language, line, text, notRun } of markdownBlocks(readFileSync(join(root, document), 'utf8'))) {
    if (notRun !== null) continue;
    if (language === 'sh') {
      const { status, stderr } = await paste(`set -euo pipefail\n${text}`);
      if (status !== 0) wrong.push(`${document}:${line} ended with ${status}: ${stderr}`);
      continue;
    }
    for (const { command, output } of consoleSteps(text)) {
      const { stdout } = await paste(`exec 2>&1; ${command}`);
      if (isAsShown(stdout, output)) continue;
      wrong.push(`${document}:${line}: $ ${command}\nprints ${withoutChance(stdout)}\nnot ${withoutChance(output)}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('hardly a block of the documents is not run', () => {
  const blocks = documents.flatMap((document) => markdownBlocks(readFileSync(join(root, document), 'utf8')));
  expect(blocks.length).toBeGreaterThan(10);
  expect(blocks.filter(({ notRun }) => notRun !== null)).toHaveLength(notRunMax);
});

test('output that differs by more than chance is not what is shown', () => {
  expect(isAsShown('1 exited 0\n', '1 exited 0')).toBe(true);
  expect(isAsShown('1 failed 3\n', '1 exited 0')).toBe(false);
  expect(isAsShown('took 512ms at 10:29:08', 'took 1.2s at 11:46:30')).toBe(true);
  expect(isAsShown('10:29:08.368    0  │ its shim', '10:29:08.361  -6ms  │ its shim')).toBe(true);
  expect(isAsShown('build ✗ failed', 'build ──✗ failed')).toBe(true);
  expect(isAsShown('build ──● exited', 'build ──✗ failed')).toBe(false);
  expect(isAsShown('a\nb\nc\nd', 'a\n…\nd')).toBe(true);
  expect(isAsShown('a\nb\nc\ne', 'a\n…\nd')).toBe(false);
});

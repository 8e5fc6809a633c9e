import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { GhostHome } from './ghost-home.ts';
import { runProgram } from './run-program.ts';
import { root } from './source-files.ts';

/** What a command was, and the bytes that it wrote to its terminal. */
export interface Drawn {
  readonly words: readonly string[];
  readonly bytes: Buffer;
}

const mark = '=====';

/**
 * Runs commands of ghost's one after the other in one terminal (script(1)), stdout and stderr both, and gives
 * what reached it, byte for byte.
 */
export async function drawOnTerminal(
  home: GhostHome,
  commands: readonly (readonly string[])[],
  {
    columns,
    env = {},
    cwd = home.work,
  }: { readonly columns: number; readonly env?: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<readonly Drawn[]> {
  const program = join(root, 'bin', 'ghost.cjs');
  const lines = commands.map((words) => `${[process.execPath, program, ...words].map(quoted).join(' ')}; echo ${mark}`);
  const script = join(home.work, 'typed.sh');
  // No carriage returns but those that ghost writes.
  writeFileSync(script, [`stty cols ${columns} rows 40 -onlcr`, ...lines, ''].join('\n'));
  const { stdout } = await runProgram(['script', '-qec', `sh ${script}`, '/dev/null'], {
    env: { ...home.env, NO_COLOR: '', TERM: 'xterm-256color', ...env },
    cwd,
    encoding: 'latin1',
  });
  const parts = stdout.split(`${mark}\n`);
  return commands.map((words, index) => ({ words, bytes: Buffer.from(parts[index] ?? '', 'latin1') }));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

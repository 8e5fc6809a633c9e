import { basename, join } from 'node:path';

import { withoutNpm } from './nodes.ts';
import { runProgram } from './run-program.ts';
import { root } from './source-files.ts';

/** The package as npm would publish it. */
export interface Tarball {
  readonly file: string;
  /** What it holds, from the package's folder. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly unpackedBytes: number;
}

interface Pack {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/**
 * Packs a checkout, without the scripts of packing: the tests have built dist/ already, and others are using it.
 * @param from the folder of the package; left out: this checkout's.
 */
export async function packTarball({ into, from = root }: { into: string; from?: string }): Promise<Tarball> {
  const command = ['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', into];
  const { status, stdout, stderr } = await runProgram(command, { cwd: from, env: withoutNpm() });
  if (status !== 0) throw new Error(`npm pack ended with ${status}:\n${stdout}${stderr}`);
  // npm 12 gives an object by package name, older ones an array.
  const answer: readonly Pack[] | Readonly<Record<string, Pack>> = JSON.parse(stdout);
  const [pack] = Object.values(answer);
  if (pack === undefined) throw new Error(`npm pack told of no package: ${stdout}`);
  return {
    file: join(into, basename(pack.filename)),
    files: pack.files.map(({ path }) => path),
    bytes: pack.size,
    unpackedBytes: pack.unpackedSize,
  };
}

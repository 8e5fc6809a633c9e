import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

import { root } from './source-files.ts';

/** esbuild's own account of a bundle: the files that went in, and what it still imports at run time. */
interface Bundle {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly imports: readonly { readonly path: string; readonly external?: boolean }[];
}

const meta = join(root, 'dist', 'meta.json');

/** Whether dist/ was built whole after the last change of anything that it is built from. */
export function bundlesAreFresh(): boolean {
  const sources = ['src', 'migrations', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.library.json'];
  const newest = Math.max(...sources.map((name) => newestChange(join(root, name))));
  return existsSync(meta) && statSync(meta).mtimeMs > newest;
}

/** The packages that a bundle holds or loads, such as `rxjs`. */
export function packagesIn(bundle: string): readonly string[] {
  const held = Object.keys(readBundle(bundle).inputs).flatMap((path) => path.split('node_modules/').slice(1));
  return packageNames([...held, ...packagesLoadedBy(bundle)]);
}

/** The packages that a bundle loads when it runs; not the built-in modules, nor the bundles beside it. */
export function packagesLoadedBy(bundle: string): readonly string[] {
  const loaded = readBundle(bundle).imports.filter(({ path, external }) => external === true && !path.startsWith('.'));
  return packageNames(loaded.map(({ path }) => path).filter((path) => !isBuiltin(path)));
}

function readBundle(name: string): Bundle {
  // What scripts/build.mjs wrote a moment ago: esbuild's documented format.
  const bundles: Readonly<Record<string, Bundle>> = JSON.parse(readFileSync(meta, 'utf8'));
  const bundle = bundles[name];
  if (bundle === undefined) throw new Error(`dist/meta.json knows no ${name}`);
  return bundle;
}

function packageNames(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/')))].toSorted();
}

function newestChange(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

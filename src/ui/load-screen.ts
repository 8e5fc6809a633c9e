import type { ScreenModule } from './screen-world.ts';

/**
 * Loads the screen's bundle, from a bundle of its own: Ink waits at its top level, so that only `import()` can load it,
 * and the command line's own bundle has none (scripts/build.mjs).
 */
export async function loadScreen(): Promise<ScreenModule> {
  // Its file lies beside this bundle; a name that the bundler cannot see keeps it out.
  const file = './ui.mjs';
  return (await import(file)) as ScreenModule;
}

// Builds dist/: one CommonJS file for the command line (FACTS: the cheapest start that Node has), one that starts the
// daemon (loaded only when there is none), the daemon, and the library with its types.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const require = createRequire(import.meta.url);

const common = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  minifySyntax: true,
  minifyWhitespace: true,
  define: { GHOST_VERSION: JSON.stringify(version) },
  // msgpackr's native part saves nothing on small messages and costs 15 ms of start.
  alias: { msgpackr: require.resolve('msgpackr').replace(/dist[\\/].*$/, 'index.js') },
  external: ['better-sqlite3', 'koffi', './start-daemon.cjs'],
  logLevel: 'warning',
};

rmSync('dist', { recursive: true, force: true });
await Promise.all([
  build({ ...common, entryPoints: ['src/cli/main.ts'], outfile: 'dist/cli.cjs', format: 'cjs' }),
  build({ ...common, entryPoints: ['src/client/start-daemon.ts'], outfile: 'dist/start-daemon.cjs', format: 'cjs' }),
  build({ ...common, entryPoints: ['src/daemon/main.ts'], outfile: 'dist/daemon.cjs', format: 'cjs' }),
  build({
    ...common,
    entryPoints: ['src/client/library.ts'],
    outfile: 'dist/library.mjs',
    format: 'esm',
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  }),
]);
const tsc = require.resolve('typescript/package.json').replace(/package\.json$/, 'bin/tsc');
if (existsSync(tsc)) execFileSync(process.execPath, [tsc, '-p', 'tsconfig.library.json'], { stdio: 'inherit' });

// Builds dist/: one CommonJS file for the command line (the cheapest start that Node has), one that starts the daemon
// (loaded only when there is none), three with the history, what else looks at the past and what is seldom asked
// for (loaded only when a command asks for it), one that checks a journal without a daemon, the daemon, the doctor, the screen, and the library
// with its types.
//
// Every file is written beside its place and renamed into it, so that a ghost that starts in the middle of a build, or
// a second build at the same moment, never meets a half-written one.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, transform } from 'esbuild';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** What is loaded only when it is needed stays out of the bundles that ask for it: it is a bundle beside them. */
const loadedLater = {
  name: 'loaded-later',
  setup({ onResolve }) {
    onResolve({ filter: /\/(start-daemon|past|rare|history)\.ts$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.cjs`, external: true } : undefined,
    );
  },
};

/**
 * Other people's code without its own long names: V8 has less to read. ghost's keep theirs, for what a stack trace says in
 * a report of a fault.
 */
const packagesMinified = {
  name: 'packages-minified',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/.*\.m?js$/ }, async ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const { code } = await transform(text, { minify: true, target: 'node22', legalComments: 'none' });
      return { contents: code, loader: 'js' };
    });
  },
};

/** What short commands are made of. */
const keptByTheLauncher = ['cli.cjs', 'rare.cjs', 'past.cjs', 'history.cjs'];

const definitions = { GHOST_VERSION: JSON.stringify(version) };

/** What a module of a CommonJS bundle knows of its own place. */
const commonJs = {
  format: 'cjs',
  // So that `import()` becomes require(): to start the machinery of ES modules takes longer than what it is to load.
  supported: { 'dynamic-import': false },
  define: { ...definitions, 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' },
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  minifySyntax: true,
  minifyWhitespace: true,
  define: definitions,
  alias: {
    // msgpackr's native part saves nothing on small messages and costs more to load than all the rest of it.
    msgpackr: require.resolve('msgpackr').replace(/dist[\\/].*$/, 'index.js'),
    // As ES modules, of which only what is used is bundled: a fifth of it. For Node rxjs names its CommonJS.
    rxjs: require.resolve('rxjs').replace(/dist[\\/].*$/, 'dist/esm/index.js'),
  },
  external: [
    'better-sqlite3',
    './start-daemon.cjs',
    './past.cjs',
    './rare.cjs',
    './history.cjs',
    './daemon.cjs',
    './doctor.cjs',
    './verify.cjs',
    './ui.cjs',
    './ui.mjs',
  ],
  plugins: [loadedLater, packagesMinified],
  logLevel: 'warning',
  metafile: true,
  write: false,
};

/** ES modules that bundle CommonJS: what that requires of Node's own is had this way. */
const esModule = {
  format: 'esm',
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
};

/**
 * yoga's loader hands the WebAssembly that it carries as text to `fetch`, which loads all of Node's HTTP for it, and
 * takes the text as it is where there is no `fetch`. Nothing in the screen fetches anything.
 */
const yogaWithoutFetch = "Object.defineProperty(globalThis,'fetch',{value:undefined,configurable:true,writable:true});";

/**
 * What Ink may load and never does here (its developer tools) is left out, and ink-table, which is CommonJS and requires
 * ink, is linked to the one that is bundled: on its own Node refuses to require a graph with a top-level await.
 */
const screenParts = {
  name: 'screen-parts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'react-devtools-core', namespace: 'empty' }));
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {};', loader: 'js' }));
    onLoad({ filter: /src\/ui\/ink-table\.ts$/ }, () => ({
      contents: "import 'ink'; import table from 'ink-table'; export const Table = table.default;",
      loader: 'js',
      resolveDir: process.cwd(),
    }));
  },
};

const builds = await Promise.allSettled([
  build({ ...common, entryPoints: ['src/cli/main.ts'], outfile: 'dist/cli.cjs', ...commonJs }),
  build({ ...common, entryPoints: ['src/cli/past.ts'], outfile: 'dist/past.cjs', ...commonJs }),
  build({ ...common, entryPoints: ['src/cli/rare.ts'], outfile: 'dist/rare.cjs', ...commonJs }),
  build({ ...common, entryPoints: ['src/cli/history.ts'], outfile: 'dist/history.cjs', ...commonJs }),
  build({ ...common, entryPoints: ['src/client/start-daemon.ts'], outfile: 'dist/start-daemon.cjs', ...commonJs }),
  build({ ...common, entryPoints: ['src/daemon/verify-main.ts'], outfile: 'dist/verify.cjs', ...commonJs }),
  build({ ...common, entryPoints: ['src/daemon/main.ts'], outfile: 'dist/daemon.cjs', ...commonJs }),
  build({ ...common, entryPoints: ['src/doctor/entry.ts'], outfile: 'dist/doctor.cjs', ...commonJs }),
  build({
    ...common,
    entryPoints: ['src/client/library.ts'],
    outfile: 'dist/library.mjs',
    ...esModule,
  }),
  build({
    ...common,
    entryPoints: ['src/ui/load-screen.ts'],
    outfile: 'dist/ui.cjs',
    ...commonJs,
    supported: {},
  }),
  build({
    ...common,
    entryPoints: ['src/ui/open-screen.tsx'],
    outfile: 'dist/ui.mjs',
    ...esModule,
    banner: { js: esModule.banner.js + yogaWithoutFetch },
    minify: true,
    jsx: 'automatic',
    // React's own checks of how it is used cost a fifth of the start.
    define: { ...definitions, 'process.env.NODE_ENV': '"production"' },
    plugins: [loadedLater, screenParts],
  }),
]);
// esbuild has said what is wrong, and where.
if (builds.some(({ status }) => status === 'rejected')) process.exit(1);
const results = builds.flatMap(({ value = [] }) => value);

mkdirSync('dist', { recursive: true });
const documents = await madeOfSources();
const bundles = results.flatMap(({ outputFiles }) => outputFiles);
for (const { path, contents } of bundles) {
  put({ path, contents: keptByTheLauncher.includes(basename(path)) ? named(basename(path), contents) : contents });
}
buildTypes();
for (const { path, contents } of documents) put({ path, contents });
removeAllBut(new Set([...[...bundles, ...documents].map(({ path }) => basename(path)), 'types']));
// Which source went into which bundle, for test/tidy.test.ts. Last of all: its time says when dist/ was whole.
put({
  path: 'dist/meta.json',
  contents: JSON.stringify(Object.assign({}, ...results.map(({ metafile }) => metafile.outputs))),
});

/** The launcher keeps V8's code under the build's name, and reads the bundle as ASCII. */
function named(file, contents) {
  if (contents.some((byte) => byte > 0x7f)) throw new Error(`dist/${file} is not all ASCII`);
  const build = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  return Buffer.concat([Buffer.from(`/* build ${build} */\n`), contents]);
}

/** What the sources say to people and editors: the man page, and the schema of the config file. */
async function madeOfSources() {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { manPage } from './src/cli/man-page.ts';
        export { settingsSchema } from './src/daemon/settings-schema.ts';`,
      resolveDir: '.',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  const { manPage, settingsSchema } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  );
  return [
    { path: 'dist/ghost.1', contents: manPage({ version }) },
    { path: 'dist/config.schema.json', contents: `${JSON.stringify(settingsSchema(), null, 2)}\n` },
  ];
}

function put({ path, contents }) {
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, contents);
  renameSync(beside, path);
}

function buildTypes() {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const beside = `dist/types.${process.pid}.tmp`;
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.library.json', '--outDir', beside], { stdio: 'inherit' });
    // A folder cannot be renamed over a full one.
    rmSync('dist/types', { recursive: true, force: true });
    renameSync(beside, 'dist/types');
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** What an earlier build made and this one does not. Another build's unfinished files are its own. */
function removeAllBut(names) {
  for (const name of readdirSync('dist')) {
    if (!names.has(name) && name !== 'meta.json' && !name.endsWith('.tmp')) {
      rmSync(join('dist', name), { recursive: true, force: true });
    }
  }
}

// Builds single/ghost: Node itself with all of ghost inside (Node's single executable application, "SEA"), for the
// platform that it is built on. `npm run build` has been run before: it puts together what that has made.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { inject } from 'postject';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const require = createRequire(import.meta.url);

/** In every Node: postject marks here that something was put in. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const platform = `${process.platform}-${process.arch}`;

if (process.platform !== 'linux') {
  process.stderr.write(`build:single: ghost does not run on ${process.platform} yet\n`);
  process.exit(1);
}
mkdirSync('single', { recursive: true });
const work = mkdtempSync(join('single', 'work-'));
try {
  await buildInto(work);
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function buildInto(folder) {
  const files = filesOfPackage();
  const sums = Object.fromEntries([...files].map(([name, file]) => [name, sumOf(readFileSync(file))]));
  const manifest = join(folder, 'manifest.json');
  writeFileSync(manifest, JSON.stringify({ build: sumOf(JSON.stringify(sums)).slice(0, 16), sums }));
  const main = join(folder, 'main.cjs');
  await build({
    entryPoints: ['bin/ghost.cjs'],
    outfile: main,
    inject: ['scripts/single-parts.js'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: `node${process.versions.node}`,
    minifyWhitespace: true,
    logLevel: 'warning',
  });
  const blob = join(folder, 'ghost.blob');
  const config = join(folder, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      main,
      output: blob,
      disableExperimentalSEAWarning: true,
      // Then `import()` would not work in the main script, which has none.
      useCodeCache: true,
      // NODE_OPTIONS are for programs that are Node's; this one is none to its users.
      execArgvExtension: 'none',
      assets: { ...Object.fromEntries(files), 'manifest.json': manifest },
    }),
  );
  // It tells of its success on stderr; of a failure the error tells.
  execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: 'pipe' });
  const executable = join(folder, 'ghost');
  copyFileSync(process.execPath, executable);
  chmodSync(executable, 0o755);
  // A seventh of it is names for debuggers. Where there are no binutils it stays as it is.
  spawnSync('strip', [executable], { stdio: 'ignore' });
  await quietly(async () => await inject(executable, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: fuse }));
  renameSync(executable, join('single', 'ghost'));
}

/** Everything that an installation of the package has and that ghost reads when it runs, by its place there. */
function filesOfPackage() {
  const files = new Map();
  const bundles = readdirSync('dist').filter((name) => /\.[cm]js$/.test(name) && name !== 'library.mjs');
  for (const name of bundles) files.set(join('dist', name), join('dist', name));
  for (const name of readdirSync('migrations')) files.set(join('migrations', name), join('migrations', name));
  const sqlite = dirname(require.resolve('better-sqlite3/package.json'));
  addPackage(files, {
    name: 'better-sqlite3',
    folder: sqlite,
    wanted: new RegExp(`^(package\\.json|lib/.*|prebuilds/${platform}\\.node)$`),
  });
  const koffi = `@koromix/koffi-${platform}`;
  addPackage(files, {
    name: koffi,
    folder: dirname(require.resolve(koffi)),
    wanted: /^(package\.json|index\.js|linux_.*)$/,
  });
  return files;
}

function addPackage(files, { name, folder, wanted }) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const place = relative(folder, file);
    if (entry.isFile() && wanted.test(place)) files.set(join('node_modules', name, place), file);
  }
}

function sumOf(contents) {
  return createHash('sha256').update(contents).digest('hex');
}

/** postject's reader of executables warns of names of sections that `strip` has taken, one line each. */
async function quietly(work) {
  const { log, warn } = console;
  console.log = console.warn = () => undefined;
  try {
    await work();
  } finally {
    Object.assign(console, { log, warn });
  }
}

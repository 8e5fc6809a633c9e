import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { bundlesAreFresh, packagesIn, packagesLoadedBy } from './support/bundles.ts';
import { type SourceFile, filesIn, linesWith, readSource, root } from './support/source-files.ts';

const sources = filesIn(['src'], { endings: ['.ts', '.tsx'] }).map(readSource);
const tests = filesIn(['test'], { endings: ['.ts', '.tsx'] }).map(readSource);
const bench = filesIn(['bench'], { endings: ['.ts'] }).map(readSource);

/** The folders of src/, and those that each may use: at run time, and beyond these as types only. */
const directions: Readonly<Record<string, { readonly uses: readonly string[]; readonly types?: readonly string[] }>> = {
  root: { uses: [], types: ['journal'] },
  journal: { uses: ['root'] },
  projections: { uses: ['root', 'journal'] },
  protocol: { uses: ['root'], types: ['journal', 'projections'] },
  daemon: { uses: ['root', 'journal', 'projections', 'protocol'] },
  client: { uses: ['root', 'protocol', 'projections'], types: ['journal'] },
  words: { uses: ['root', 'protocol', 'projections'], types: ['journal', 'client'] },
  doctor: { uses: ['root', 'journal', 'projections', 'protocol', 'daemon', 'words'] },
  cli: { uses: ['root', 'protocol', 'projections', 'client', 'words'], types: ['journal', 'doctor', 'ui'] },
  ui: { uses: ['root', 'protocol', 'projections', 'client', 'words'], types: ['journal'] },
};

/** Each outside thing has one door, so that it can be looked at and replaced in one place. */
const doors: readonly { readonly thing: string; readonly open: readonly string[] }[] = [
  { thing: 'better-sqlite3', open: ['src/journal/database.ts'] },
  { thing: 'msgpackr', open: ['src/protocol/frame.ts'] },
  { thing: 'child_process', open: ['src/daemon/spawn.ts', 'src/client/launch-daemon.ts'] },
  { thing: 'net', open: ['src/daemon/server.ts', 'src/client/connector.ts'] },
  { thing: 'koffi', open: ['src/daemon/kernel.ts'] },
  { thing: 'sade', open: ['src/cli/parse.ts'] },
  { thing: 'proper-lockfile', open: ['src/client/start-daemon.ts'] },
  { thing: 'valibot', open: ['src/protocol/'] },
  // The folds are pure: only the file that joins past and present, and the live table on top of it, know of streams.
  { thing: 'ink', open: ['src/ui/'] },
  { thing: 'react', open: ['src/ui/'] },
  { thing: 'ink-table', open: ['src/ui/ink-table.ts'] },
  { thing: 'rxjs', open: ['src/projections/project.ts', 'src/projections/live-table.ts', 'src/daemon/'] },
];

/** Limits whose edge nobody can see, or only after waiting for it: each by its file, with why. */
const untriedLimits: readonly string[] = [
  // How long work that stands still may last. What happens then is tried with shorter times (words/in-time.test.ts).
  'src/cli/past/line-blanks.ts blankMsMax',
  'src/client/process-end.ts waitMsMax',
  'src/ui/log-hits.ts screenSearchMsMax',
  'src/ui/log-marks.ts markMsMax',
  'src/words/in-time.ts workedShareMin',
  'src/words/line-search.ts searchMsMax',
  'src/journal/environment-store.ts emptyTriesMax',
  // How much is done or remembered at once: whatever it is, what comes out is the same.
  'src/daemon/actor-filter.ts rememberedMax',
  'src/daemon/audit-handlers.ts spanLeast',
  'src/daemon/audit-handlers.ts spanMost',
  'src/daemon/member-packer.ts waitingBytesMax',
  'src/daemon/rotation.ts writersMax',
  'src/projections/read-model-fold.ts snapshotEventsMin',
  'src/projections/task-history.ts gapMax',
  'src/ui/log-marks.ts quickTextMax',
  'src/ui/table-rows.ts rememberedMax',
  // Numbers of others: of the kernel's, of gzip's, of roff's, and one that another limit gives.
  'src/cli/man-page.ts lineCharactersMax',
  'src/daemon/kernel-log.ts recordBytesMax',
  'src/daemon/set-aside.ts packedMemberBytesMax',
  'src/protocol/request-schemas.ts commandArgumentBytesMax',
  'src/protocol/signals.ts realTimeMin',
  // One moment alone has a place (cli/timeline.test.ts).
  'src/cli/past/timeline-model.ts spanMsMin',
];

describe('imports', () => {
  test('every folder uses only the folders that it stands on', () => {
    const offences = sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ target, kind, line }) => {
        if (!target.startsWith('src/')) return [];
        const [from, to] = [folderOf(path), folderOf(target)];
        const allowed = directions[from];
        if (allowed === undefined) return [`${path}: a folder that this test does not know: add it to \`directions\``];
        const open = [from, ...allowed.uses, ...(kind === 'type' ? (allowed.types ?? []) : [])];
        return open.includes(to) ? [] : [`${path}:${line}  ${from} must not import ${to} (${kind}): ${target}`];
      }),
    );
    expect(offences).toEqual([]);
  });

  test.for(doors)('$thing has its door and no other', ({ thing, open }) => {
    const offences = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target, kind }) => kind === 'value' && packageOf(target) === thing)
        .filter(() => !open.some((door) => (door.endsWith('/') ? path.startsWith(door) : path === door)))
        .map(({ line, target }) => `${path}:${line}  ${target} belongs into ${open.join(' or ')}`),
    );
    expect(offences).toEqual([]);
  });

  test('of the bench are its own, the library, and what the tests have for real processes', () => {
    // It measures what users have: the command line and the library, from outside.
    const open = /^(bench\/|src\/(client\/library|clock)\.ts$|src\/journal\/|src\/projections\/|test\/support\/)/;
    const offences = bench.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => /^(src|test|bench)\//.test(target) && !open.test(target))
        .map(({ line, target }) => `${path}:${line}  ${target}`),
    );
    expect(offences).toEqual([]);
  });

  test('source files import only what package.json names', () => {
    const { dependencies, devDependencies } = readJson('package.json');
    const known = new Set([...Object.keys(dependencies), ...Object.keys(devDependencies)]);
    const offences = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => !target.startsWith('src/') && !isBuiltin(target) && !target.endsWith('.cjs'))
        .filter(({ target }) => !known.has(packageOf(target)))
        .map(({ target, line }) => `${path}:${line}  ${target}`),
    );
    expect(offences).toEqual([]);
  });
});

describe('effects', () => {
  const mains = ['src/cli/main.ts', 'src/daemon/main.ts'];

  test('only the mains end the process', () => {
    expect(linesWith(besides(mains), /\bprocess\.(exit\(|exitCode\b|reallyExit\b|abort\()/)).toEqual([]);
  });

  test('only the mains and the clock that they hand on know the time of day', () => {
    expect(linesWith(besides([...mains, 'src/clock.ts']), /\bDate\.now\b|\bnew Date\(\)/)).toEqual([]);
  });

  test('only where the world is waited for is time measured', () => {
    // A deadline for a lock, a process or an answer is an effect like the wait itself; a fact, a fold or a word is none.
    const waits = sources.filter(({ path }) => /^src\/(daemon|client)\//.test(path)).map(({ path }) => path);
    const stopwatch = /\bperformance\.now\b|\bprocess\.(hrtime|uptime)\b/;
    expect(linesWith(besides([...mains, 'src/clock.ts', ...waits]), stopwatch)).toEqual([]);
  });
});

describe('files', () => {
  const all = [...sources, ...tests, ...bench];

  test('are named in kebab-case by their concept', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.tsx?$/;
    const vague = /^(index|types?|utils?|helpers?|common|misc|shared|lib)\.tsx?$/;
    expect(
      all.map(({ path }) => path).filter((path) => !kebab.test(basename(path)) || vague.test(basename(path))),
    ).toEqual([]);
  });

  test('have at most 300 lines in src/', () => {
    const long = sources.filter(({ lines }) => lines.length > 301);
    expect(long.map(({ path, lines }) => `${path}: ${lines.length - 1} lines, look for the second concept`)).toEqual(
      [],
    );
  });

  test('have no default export', () => {
    expect(linesWith(all, /^export default\b|\bas default\b/)).toEqual([]);
  });

  test('export only what another file imports', () => {
    const exported = /^export (?:abstract )?(?:async )?(?:function\*?|class|const|interface|type) ([\w$]+)/;
    // Bundles of their own; what the compiler looks at all of; what the test runner calls.
    const entries = [
      'src/ui/load-screen.ts',
      'src/ui/open-screen.tsx',
      'test/fixtures/consumer.ts',
      'test/support/global-setup.ts',
    ];
    const taken = new Map<string, Set<string>>();
    const takenWhole = new Set(entries);
    for (const { target, names } of all.flatMap(({ imports }) => imports)) {
      if (names === null) takenWhole.add(target);
      else taken.set(target, new Set([...(taken.get(target) ?? []), ...names]));
    }
    const offences = all
      .filter(({ path }) => !takenWhole.has(path))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) => {
          const name = exported.exec(line)?.[1];
          return name === undefined || taken.get(path)?.has(name) === true ? [] : [`${path}:${index + 1}  ${name}`];
        }),
      );
    expect(offences).toEqual([]);
  });

  test('have no limit that no test has tried at its edge', () => {
    const tried = new Set(
      tests
        .flatMap(({ imports }) => imports)
        .flatMap(({ target, names }) => [...(names ?? [])].map((name) => `${target} ${name}`)),
    );
    const limits = sources.flatMap(({ path, lines }) =>
      lines.flatMap((line) => {
        const name = /^(?:export )?const (\w+(?:Max|Min|Most|Least)) = /.exec(line)?.[1];
        return name === undefined ? [] : [`${path} ${name}`];
      }),
    );
    expect(limits.filter((limit) => !tried.has(limit)).toSorted()).toEqual(untriedLimits.toSorted());
  });

  test('leave nothing to be done later', () => {
    const offences = all.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        /\b(TO[D]O|FIX[M]E|X[X]X)\b/.test(line) ? [`${path}:${index + 1}  ${line.trim()}`] : [],
      ),
    );
    expect(offences).toEqual([]);
  });

  test('do not silence the compiler or the linter', () => {
    const offences = all.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        /@ts-(ignore|expect-error|nocheck)|(ox|es)lint-disable/.test(line)
          ? [`${path}:${index + 1}  ${line.trim()}`]
          : [],
      ),
    );
    expect([...offences, ...linesWith(all, /\bas any\b|\bas unknown as\b/)]).toEqual([]);
  });

  test('skip no test and run none alone', () => {
    expect(linesWith(tests, /\b(test|it|describe)\.(skip|only|todo|fails|skipIf|runIf)\b/)).toEqual([]);
  });

  test('of migrations are numbered from 0001 without gaps', () => {
    const names = readdirSync(join(root, 'migrations')).toSorted();
    expect(names.length).toBeGreaterThan(0);
    expect(names.map((name) => name.slice(0, 5))).toEqual(
      names.map((_, index) => `${String(index + 1).padStart(4, '0')}-`),
    );
    expect(names.filter((name) => !/^\d{4}(-[a-z0-9]+)+\.sql$/.test(name))).toEqual([]);
  });
});

describe('the lock file', () => {
  const { packages } = readJson('package-lock.json');

  test('names no registry', () => {
    const named = Object.entries(packages).filter(
      ([, { resolved }]) => resolved !== undefined && /^[a-z+]+:/.test(resolved),
    );
    expect(named.map(([name, { resolved }]) => `${name}: ${resolved}`)).toEqual([]);
  });

  test('lists every platform of every package, so that npm ci works on each', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter(
          (name) =>
            packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined,
        )
        .map((name) => `${path || 'package.json'} needs ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('the bundles', () => {
  test('are built from the sources as they are', () => {
    expect(bundlesAreFresh(), 'dist/ is older than its sources: see what `npm run build` says').toBe(true);
  });

  test('are light where a command has to start fast', () => {
    const heavy = ['better-sqlite3', 'diff', 'ink', 'koffi', 'proper-lockfile', 'react', 'rxjs', 'valibot'];
    expect(packagesIn('dist/cli.cjs').filter((name) => heavy.includes(name))).toEqual([]);
    expect(packagesIn('dist/cli.cjs')).toEqual(expect.arrayContaining(['msgpackr', 'sade']));
  });

  test('of the library hold no database, no screen and no streams', () => {
    const heavy = ['better-sqlite3', 'diff', 'ink', 'koffi', 'proper-lockfile', 'react', 'rxjs', 'sade', 'valibot'];
    expect(packagesIn('dist/library.mjs').filter((name) => heavy.includes(name))).toEqual([]);
    expect(packagesIn('dist/library.mjs')).toContain('msgpackr');
  });

  test('of the screen hold Ink, and neither database nor streams', () => {
    const heavy = ['better-sqlite3', 'koffi', 'proper-lockfile', 'rxjs', 'sade', 'valibot'];
    expect(packagesIn('dist/ui.mjs').filter((name) => heavy.includes(name))).toEqual([]);
    expect(packagesIn('dist/ui.mjs')).toEqual(expect.arrayContaining(['ink', 'ink-table', 'react', 'yoga-layout']));
  });

  test('load no package that is not installed with ghost', () => {
    const installed = Object.keys(readJson('package.json').dependencies);
    const loaded = [
      'cli.cjs',
      'daemon.cjs',
      'doctor.cjs',
      'library.mjs',
      'past.cjs',
      'rare.cjs',
      'history.cjs',
      'start-daemon.cjs',
      'ui.cjs',
      'ui.mjs',
      'verify.cjs',
    ].flatMap((name) => packagesLoadedBy(`dist/${name}`));
    expect(loaded.filter((name) => !installed.includes(name))).toEqual([]);
  });
});

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly packages: Readonly<
    Record<string, { readonly resolved?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

function readJson(name: string): Manifest {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, name), 'utf8'));
  return manifest;
}

function besides(paths: readonly string[]): readonly SourceFile[] {
  return sources.filter(({ path }) => !paths.includes(path));
}

/** `root` for what lies in src/ itself. */
function folderOf(path: string): string {
  const [, folder = '', ...rest] = path.split('/');
  return rest.length === 0 ? 'root' : folder;
}

/** `better-sqlite3` of `better-sqlite3/lib/x.js`, `net` of `node:net`. */
function packageOf(target: string): string {
  const bare = target.replace(/^node:/, '');
  return bare.split('/', bare.startsWith('@') ? 2 : 1).join('/');
}

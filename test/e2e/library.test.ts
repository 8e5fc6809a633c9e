import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { runProgram } from '../support/run-program.ts';
import { filesIn, root } from '../support/source-files.ts';
import { until } from '../support/until.ts';

/** A project of somebody else's in which ghost-journal (this checkout) is installed. */
function consumerProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', 'ghost-journal'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

async function runIn(home: GhostHome, { folder, args }: { folder: string; args: readonly string[] }) {
  return await runProgram([process.execPath, ...args], { cwd: folder, env: home.env });
}

test('the example runs as a program of its own, by the name of the package, and starts a daemon', async () => {
  await using home = new GhostHome();
  const folder = consumerProject();
  copyFileSync(join(root, 'examples', 'build-watch.mjs'), join(folder, 'build-watch.mjs'));
  const { status, stdout, stderr } = await runIn(home, { folder, args: ['build-watch.mjs'] });
  expect({ status, stderr }).toEqual({ status: 0, stderr: 'one warning\n' });
  expect(stdout.replace(/pid \d+/, 'pid N')).toBe(
    [
      'task 1 runs as pid N',
      'compiling',
      'done',
      'task 1: failed, exit code 3',
      '0 other tasks run now',
      '2 TaskSubmitted',
      '3 TaskSpawned',
      '4 TaskStarted',
      '5 TaskExited',
      '',
    ].join('\n'),
  );
  // The journal says which program asked.
  expect(home.events({ type: 'TaskSubmitted' })[0]).toMatchObject({
    actor: { client: expect.stringMatching(/^ghost-journal \d/) as string },
    data: { name: 'build', tags: ['example'], cwd: folder },
  });
  const refused = await runIn(home, { folder, args: ['build-watch.mjs', 'no-such-command-of-ghosts'] });
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('no-such-command-of-ghosts') as string });
});

test('a program that wants no daemon started is told that there is none', async () => {
  await using home = new GhostHome();
  const folder = consumerProject();
  const program = `import { connect, GhostError } from 'ghost-journal';
    await connect({ home: ${JSON.stringify(home.path)}, start: false }).catch((error) => {
      console.log(error instanceof GhostError, error.code);
    });`;
  writeFileSync(join(folder, 'ask.mjs'), program);
  expect((await runIn(home, { folder, args: ['ask.mjs'] })).stdout).toBe('true daemon-not-running\n');
  expect(home.daemonPid()).toBeNull();
});

test('a program that names a data folder uses that, whatever its environment says', async () => {
  await using home = new GhostHome();
  await using other = new GhostHome();
  const folder = consumerProject();
  const program = `import { connect } from 'ghost-journal';
    await using ghost = await connect({ home: ${JSON.stringify(other.path)}, program: 'deploy 2.1' });
    const task = await ghost.run({ command: ['sh', '-c', 'printf "%s" "$X"; exec sleep 1000'], environment: [['X', 'own'], ['PATH', process.env.PATH]] });
    const log = ghost.log('1', { follow: true });
    const end = await log.next();
    await log.return();
    const { signals } = await ghost.stop(String(task.id), { graceMs: 5000 });
    console.log((await ghost.status()).home, signals[0].answer);
    const left = ghost.watch();
    await left.return();
    console.log(Buffer.from(end.value.data).toString(), end.value.cursor);
    await ghost.shutdown();`;
  writeFileSync(join(folder, 'deploy.mjs'), program);
  const { status, stdout, stderr } = await runIn(home, { folder, args: ['deploy.mjs'] });
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: `${other.path} delivered\nown { stdout: 3, stderr: 0 }\n`,
    stderr: '',
  });
  expect(other.events({ type: 'TaskSubmitted' })[0]?.actor).toMatchObject({ client: 'deploy 2.1' });
  await until('the daemon that was shut down has gone', () => other.daemonPid() === null);
  expect(home.daemonPid()).toBeNull();
});

test('the published types are those of the library, under the strictest settings of whoever uses them', async () => {
  const folder = consumerProject();
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'));
  copyFileSync(join(root, 'test', 'fixtures', 'consumer.ts'), join(folder, 'consumer.ts'));
  const compilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  const { status, stdout } = await runProgram([
    process.execPath,
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    folder,
  ]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

test('everything that the library exports is explained beside it', () => {
  const names = [
    ...readFileSync(join(root, 'src', 'client', 'library.ts'), 'utf8').matchAll(/^export (?:type )?\{([^}]*)\}/gm),
  ]
    .flatMap(([, list = '']) => list.split(','))
    .map((name) => name.replace('type ', '').trim())
    .filter((name) => name !== '');
  expect(names).toContain('GhostError');
  const sources = filesIn(['src'], { endings: ['.ts'] }).map((path) => readFileSync(join(root, path), 'utf8'));
  const unexplained = [...names, 'connect'].filter((name) => {
    const declared = new RegExp(
      `(?:^|\\n)(\\s*\\*/\\n|/\\*\\*.*\\*/\\n)export (?:async )?(?:type|interface|class|function) ${name}\\b`,
    );
    return !sources.some((source) => declared.test(source));
  });
  expect(unexplained).toEqual([]);
});

import { execFileSync } from 'node:child_process';
import { symlinkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

const caller = join(import.meta.dirname, '..', '..', 'src', 'client', 'caller.ts');
const folder = mkdtempSync(join(tmpdir(), 'ghost-caller-'));
const script = join(folder, 'tell.mts');
writeFileSync(
  script,
  `import { callerEnvironment, callerOpenFilesSoftLimit, callerTerminal, callerUmask } from ${JSON.stringify(caller)};
   const environment = callerEnvironment().map(([name, value]) => [name, typeof value === 'string' ? value : { hex: Buffer.from(value).toString('hex') }]);
   console.log(JSON.stringify({ environment: Object.fromEntries(environment), files: callerOpenFilesSoftLimit(), terminal: callerTerminal(), umask: callerUmask() }));`,
);

afterAll(() => rmSync(folder, { recursive: true }));

describe('what a task inherits from its caller', () => {
  it('is its environment, with the very bytes of values that are not UTF-8', () => {
    const { environment } = tellFromShell(`
      export EMPTY= PLAIN='a=b
c' GENUINE="$(printf '\\357\\277\\275')" RAW="$(printf 'x\\377\\376y')"
      exec "$0" "$1"`);
    expect(environment).toMatchObject({ EMPTY: '', PLAIN: 'a=b\nc', GENUINE: '\uFFFD', RAW: { hex: '78fffe79' } });
    expect(environment['PATH']).toBe(process.env['PATH']);
  });

  it('is without an entry whose name is not UTF-8', () => {
    const { environment } = tellFromShell(`exec env "$(printf 'N\\377')=1" KEPT=1 "$0" "$1"`);
    expect(environment['KEPT']).toBe('1');
    expect(Object.keys(environment).filter((name) => name.startsWith('N\uFFFD'))).toEqual([]);
  });

  it('is its umask, which stays as it is', () => {
    expect(tellFromShell('umask 027; exec "$0" "$1"').umask).toBe(0o027);
  });

  it('is its soft limit of open files, which Node raises for itself', () => {
    expect(tellFromShell('ulimit -Sn 200; "$0" "$1"; :').files).toBe(200);
  });

  it('is that of the caller of the launcher where the launcher is a Node of its own', () => {
    const launcher = join(folder, 'launcher.mts');
    writeFileSync(
      launcher,
      `import { spawnSync } from 'node:child_process';
       if (process.env.AGAIN) await import(${JSON.stringify(script)});
       else spawnSync(process.execPath, [process.argv[1], 'again'], { stdio: 'inherit', env: { ...process.env, AGAIN: '1' } });`,
    );
    symlinkSync(launcher, join(folder, 'link.mts'));
    const shell = `cd ${JSON.stringify(folder)}; ulimit -Sn 200; "$0" ./link.mts; :`;
    expect(tellFromShell(shell).files).toBe(200);
  });

  it('is at no terminal in a test', () => {
    expect(tellFromShell('exec "$0" "$1"').terminal).toBeNull();
  });

  it('is at the terminal that it has', () => {
    const said = execFileSync('script', ['-qec', `tty; ${process.execPath} ${script}`, '/dev/null'], {
      encoding: 'utf8',
    });
    const [terminal, told] = said.split('\r\n');
    expect(JSON.parse(told ?? '')).toMatchObject({ terminal });
  });
});

interface Told {
  readonly environment: Readonly<Record<string, unknown>>;
  readonly files: number | null;
  readonly terminal: string | null;
  readonly umask: number;
}

function tellFromShell(shell: string): Told {
  return JSON.parse(
    execFileSync('/bin/sh', ['-c', shell, process.execPath, script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

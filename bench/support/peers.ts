import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Everything that ghost is measured against and that a machine may lack. */
const wanted = {
  tsp: 'task-spooler, as Debian has it',
  nq: 'nq, as Debian has it',
  pm2: 'pm2, as npm has it',
  nohup: 'coreutils',
  zgrep: 'gzip',
  sqlite3: 'the SQLite shell',
  strace: 'strace',
  script: 'script, of util-linux',
} as const;

export type PeerName = keyof typeof wanted;

/** The programs that people would use instead: those on PATH, and with `--peers` those installed for this run. */
export class Peers implements Disposable {
  readonly #folder: string | null;
  /** Why one could not be installed. */
  readonly #failures = new Map<PeerName, string>();

  private constructor(folder: string | null) {
    this.#folder = folder;
  }

  static onPath(): Peers {
    return new Peers(null);
  }

  /**
   * Installs tsp, nq and pm2 into a temporary folder that goes with this object: the packages of Debian are unpacked,
   * not installed, so that it needs no root. What is on PATH already is left alone.
   */
  static installed(): Peers {
    const peers = new Peers(mkdtempSync(join(tmpdir(), 'ghost-bench-peers-')));
    peers.#debian('tsp', 'task-spooler');
    peers.#debian('nq', 'nq');
    peers.#npm('pm2');
    return peers;
  }

  /** The program's path, or null where it is not there. */
  find(name: PeerName): string | null {
    const own =
      this.#folder === null ? [] : [join(this.#folder, 'usr', 'bin'), join(this.#folder, 'node_modules', '.bin')];
    const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...own];
    return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
  }

  /** Why one is not there, in words for the table. */
  why(name: PeerName): string {
    const failure = this.#failures.get(name);
    if (failure !== undefined) return `${wanted[name]}, could not be installed: ${failure}`;
    return `${wanted[name]}, is not installed${this.#folder === null ? ': try with --peers' : ''}`;
  }

  [Symbol.dispose](): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }

  #debian(name: PeerName, packageName: string): void {
    this.#install(name, (folder) => {
      const downloads = join(folder, packageName);
      mkdirSync(downloads);
      run('apt-get', ['download', packageName], { cwd: downloads });
      for (const file of readdirSync(downloads)) {
        run('dpkg-deb', ['-x', join(downloads, file), folder], { cwd: folder });
      }
    });
  }

  #npm(name: PeerName): void {
    this.#install(name, (folder) => {
      run('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--prefix', folder, name], { cwd: folder });
    });
  }

  #install(name: PeerName, install: (folder: string) => void): void {
    if (this.#folder === null || this.find(name) !== null) return;
    try {
      install(this.#folder);
    } catch (error) {
      this.#failures.set(name, firstLine(error));
    }
  }
}

function run(file: string, args: readonly string[], { cwd }: { readonly cwd: string }): void {
  execFileSync(file, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n').filter(Boolean).slice(0, 2).join(' ');
}

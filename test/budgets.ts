/**
 * What things may cost, in counts that do not depend on the machine: the guard that needs no clock. Each stands a little
 * above what is measured now (test/e2e/budgets.test.ts says how), so that what costs more than a trifle shows in a diff of
 * this file.
 */
export const budgets = {
  /** Bytes of dist/cli.cjs, which every command reads. */
  cliBundleBytes: 204_000,
  /** Bytes of dist/daemon.cjs: what lies in it stays in the memory of a daemon that does nothing. */
  daemonBundleBytes: 410_000,
  /** Bytes of the tarball, of what it holds, and of everything that an installation of it brings. */
  tarballBytes: 720_000,
  unpackedTarballBytes: 2_450_000,
  installedBytes: 33_000_000,
  /** Of the single executable, nearly all of it Node. */
  singleBytes: 135_000_000,
  /** Node's own modules that `ghost list` loads beyond those of `node -e 0`. */
  listModules: 29,
  /** Files that `ghost list` opens or asks about beyond `node -e 0`, sockets included. */
  listFileCalls: 27,
  /** Of one task, `ghost run true`, from its request to the end of its log. */
  task: {
    events: 5,
    /** The shim, two pumps, and the process that becomes the task. */
    processes: 4,
    /** sh, cat, cat, setsid, true. */
    programs: 5,
    /** Started alone, each commit that must survive a power cut is on its own: spawned, started, exited. */
    syncs: 3,
    /** Two folders, two spools, two FIFOs, status and messages. */
    filesMade: 8,
  },
  /** What the daemon asks SQLite for a command, `BEGIN` and `COMMIT` included. */
  statements: {
    /** Of the 30 tasks that a list shows, one each. */
    list: 35,
    show: 4,
    history: 37,
    /** From the request to the end of its log. */
    run: 52,
  },
} as const;

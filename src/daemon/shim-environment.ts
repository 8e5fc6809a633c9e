import type { EnvironmentPair } from '../journal/environments.ts';

/**
 * A task's environment must reach it byte for byte, through a shell that drops names which are no identifiers,
 * imports some and adds others. So what a shell would change does not go through it: it is given to `env` on the
 * command line, by way of the go pipe, so that no value stands in the shim's own command line for others to read.
 */
export interface SplitEnvironment {
  /** What the shell passes on untouched. */
  readonly inherited: Readonly<Record<string, string>>;
  /** Words after `env`: `-u NAME` for what the shell would add, `NAME=value` for what it would change. Often none. */
  readonly words: readonly Uint8Array[];
}

/** Which shells /bin/sh is found to be. What each does to the environment was measured (test/e2e/fidelity.test.ts). */
export type ShellKind = 'dash' | 'busybox' | 'other';

const rewrittenByAll = ['IFS', 'OPTIND', 'PPID', 'PS1', 'PS2', 'PS4', 'LINENO', 'MAIL', 'MAILPATH', 'ENV'];
const rewrittenByBash =
  'OPTERR OPTARG SHLVL PATH _ SHELLOPTS OLDPWD UID EUID GROUPS DIRSTACK FUNCNAME HISTCMD HOSTNAME HOSTTYPE MACHTYPE ' +
  'OSTYPE PIPESTATUS POSIXLY_CORRECT MAILCHECK RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME IGNOREEOF COLUMNS ' +
  'LINES TERM';
/** Of a locale that is not installed bash complains, where the task's own words go. */
const complainedOfByBash = 'LANG LANGUAGE LC_ALL LC_COLLATE LC_CTYPE LC_MESSAGES LC_NUMERIC LC_TIME';

const rewritten: Readonly<Record<ShellKind, ReadonlySet<string>>> = {
  dash: new Set(rewrittenByAll),
  busybox: new Set([...rewrittenByAll, 'SHLVL', 'PATH']),
  other: new Set([...rewrittenByAll, ...rewrittenByBash.split(' '), ...complainedOfByBash.split(' ')]),
};

/** What a shell puts into the environment of its children where nobody gave it. */
const added: Readonly<Record<ShellKind, readonly string[]>> = {
  dash: ['PWD'],
  busybox: ['PWD', 'SHLVL', 'PATH'],
  other: ['PWD', 'OLDPWD', 'SHLVL', 'PATH', 'TERM', '_'],
};

/**
 * @param pwdIsRight whether the environment's PWD names the folder that the task starts in: a shell leaves it alone
 *   only then.
 */
export function splitEnvironment(
  entries: readonly EnvironmentPair[],
  { shell, pwdIsRight }: { shell: ShellKind; pwdIsRight: boolean },
): SplitEnvironment {
  const inherited: Record<string, string> = {};
  const words: Uint8Array[] = [];
  const given = new Set<string>();
  for (const [name, value] of entries) {
    given.add(name);
    const throughShell = typeof value === 'string' && survivesShell(name, shell) && (name !== 'PWD' || pwdIsRight);
    if (throughShell) inherited[name] = value;
    else words.push(Buffer.concat([Buffer.from(`${name}=`), Buffer.from(value)]));
  }
  const unset = added[shell].filter((name) => !given.has(name)).flatMap((name) => ['-u', name]);
  if (unset.length + words.length === 0) return { inherited, words: [] };
  return { inherited, words: [...[...unset, '--'].map((word) => Buffer.from(word)), ...words] };
}

function survivesShell(name: string, shell: ShellKind): boolean {
  return (
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) &&
    !rewritten[shell].has(name) &&
    // The dynamic loader's own: they are meant for the task, not for the shell, the pumps and setsid.
    !name.startsWith('LD_') &&
    !name.startsWith('DYLD_') &&
    !name.startsWith('BASH') &&
    !name.startsWith('ghost_shim_')
  );
}

/** A file, folder, FIFO or socket that a traced program made, and with which mode it came into being. */
interface MadeFile {
  readonly call: string;
  readonly path: string;
  /** What is left of the mode that was asked for after the process's umask: umask(2). */
  readonly mode: number;
}

/** The calls that a trace has to have for `madeFiles`. */
export const makingCalls =
  'trace=?open,openat,?creat,?mkdir,mkdirat,?mknod,mknodat,bind,umask,clone,clone3,?fork,?vfork,?chmod,fchmod,fchmodat,?fchmodat2';

/**
 * Reads a trace of strace's (`-f -qq -y` left out, `-o`): whatever is made by an absolute path, with the umask that its
 * process had by then. Threads share theirs, other children begin with their parent's.
 */
export function madeFiles(trace: string, { umask }: { readonly umask: number }): readonly MadeFile[] {
  const masks = new Map<string, { umask: number }>();
  const maskOf = (pid: string): { umask: number } => {
    const known = masks.get(pid);
    if (known !== undefined) return known;
    const first = { umask };
    masks.set(pid, first);
    return first;
  };
  const made: MadeFile[] = [];
  for (const [pid, call, args, result] of callsIn(trace)) {
    if (Number(result) < 0) continue;
    const mask = maskOf(pid);
    if (call === 'umask') mask.umask = Number.parseInt(args, 8);
    else if (/^(clone3?|v?fork)$/.test(call)) masks.set(result, args.includes('CLONE_FS') ? mask : { ...mask });
    else {
      const path = /"(\/[^"]*)"/.exec(args)?.[1];
      const asked = call === 'bind' ? 0o777 : askedMode(call, args);
      if (path !== undefined && asked !== null) made.push({ call, path, mode: asked & ~mask.umask });
    }
  }
  return made;
}

function askedMode(call: string, args: string): number | null {
  if (call.startsWith('open') && !args.includes('O_CREAT')) return null;
  const mode = /, (?:S_IF\w+\|)?(0[0-7]*)(?:, makedev\([^)]*\)|, 0)?$/.exec(args)?.[1];
  return mode === undefined ? null : Number.parseInt(mode, 8);
}

/** Each call that came back, one that another thread's interrupted put together again. */
function* callsIn(
  trace: string,
): Generator<readonly [pid: string, call: string, args: string, result: string], void, void> {
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(rest)?.[1];
    if (unfinished !== undefined) {
      begun.set(pid, unfinished);
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const whole = resumed === undefined ? rest : `${begun.get(pid) ?? ''}${resumed}`;
    const [, call, args, result] = /^(\w+)\((.*)\) += (-?\d+)/.exec(whole) ?? [];
    if (call !== undefined && args !== undefined && result !== undefined) yield [pid, call, args, result];
  }
}

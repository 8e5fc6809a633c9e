/** What went wrong, for machines. One table (`exitStatusOf`) maps these to exit statuses. */
export type GhostErrorCode =
  | 'usage'
  | 'invalid-request'
  | 'request-too-large'
  | 'no-such-task'
  | 'no-such-variable'
  | 'command-not-found'
  | 'command-not-executable'
  | 'cwd-not-usable'
  | 'spawn-failed'
  | 'task-ended'
  | 'task-still-running'
  | 'signal-failed'
  | 'wait-timeout'
  | 'permission-refused'
  /** Nobody listens, and the caller wanted none started. */
  | 'daemon-not-running'
  | 'daemon-unreachable'
  | 'daemon-stuck'
  | 'daemon-already-running'
  | 'daemon-start-failed'
  | 'daemon-stopping'
  | 'protocol-mismatch'
  | 'protocol-violation'
  | 'connection-lost'
  | 'data-folder-unusable'
  | 'socket-path-unusable'
  | 'journal-unusable'
  | 'journal-newer'
  | 'journal-write-failed'
  /** No room to begin anything: nothing was done. */
  | 'disk-full'
  | 'config-invalid'
  | 'log-unreadable'
  /** A file that was to be written is there already, or cannot be written. */
  | 'file-unusable'
  | 'internal';

/** The plain form of a GhostError, as it crosses the wire and as `--json` could print it. */
export interface GhostErrorShape {
  readonly code: GhostErrorCode;
  readonly message: string;
  readonly hint: string;
  /** The request's field that is wrong, or null where the error is not about one field. */
  readonly field: string | null;
  /** The task that the refusal was recorded under, or null where there is none. */
  readonly task: number | null;
}

/**
 * A failing environment or a refusal, told to a person: `message` says what happened with the value in it, `hint`
 * is the next thing to type ("" where there is nothing sensible to type), `code` is for machines.
 */
export class GhostError extends Error implements GhostErrorShape {
  override readonly name = 'GhostError';
  readonly code: GhostErrorCode;
  readonly hint: string;
  readonly field: string | null;
  readonly task: number | null;

  constructor(
    code: GhostErrorCode,
    message: string,
    {
      hint = '',
      field = null,
      task = null,
      cause,
    }: { hint?: string; field?: string | null; task?: number | null; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.field = field;
    this.task = task;
  }

  /**
   * The bundle that starts the daemon is loaded beside the command line's and has a class of its own: an error of the
   * one is an error to the other.
   */
  static override [Symbol.hasInstance](value: unknown): value is GhostError {
    return value instanceof Error && value.name === 'GhostError';
  }

  /** The fields that cross the wire. */
  toShape(): GhostErrorShape {
    return { code: this.code, message: this.message, hint: this.hint, field: this.field, task: this.task };
  }

  /** The error that a shape received over the wire stands for. */
  static fromShape(shape: GhostErrorShape): GhostError {
    return new GhostError(shape.code, shape.message, shape);
  }
}

/** The exit status of each kind of error; docs/recipes.md says what each means. */
export function exitStatusOf(code: GhostErrorCode): number {
  switch (code) {
    case 'usage':
    case 'invalid-request':
      return 2;
    case 'no-such-task':
    case 'daemon-not-running':
      return 3;
    case 'daemon-unreachable':
    case 'daemon-stuck':
    case 'daemon-start-failed':
    case 'protocol-mismatch':
    case 'protocol-violation':
    case 'connection-lost':
    case 'data-folder-unusable':
    case 'socket-path-unusable':
    case 'journal-unusable':
    case 'journal-newer':
    case 'config-invalid':
      return 4;
    case 'wait-timeout':
      return 124;
    case 'command-not-executable':
      return 126;
    case 'command-not-found':
      return 127;
    case 'no-such-variable':
    case 'request-too-large':
    case 'cwd-not-usable':
    case 'spawn-failed':
    case 'task-ended':
    case 'task-still-running':
    case 'signal-failed':
    case 'permission-refused':
    case 'daemon-already-running':
    case 'daemon-stopping':
    case 'journal-write-failed':
    case 'disk-full':
    case 'log-unreadable':
    case 'file-unusable':
    case 'internal':
      return 1;
  }
}

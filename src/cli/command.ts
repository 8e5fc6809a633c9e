import type { Client } from '../client/api.ts';
import type { EnvironmentEntry } from '../protocol/messages.ts';
import type { ScreenWorld } from '../ui/screen-world.ts';
import type { Output } from './output.ts';
import type { Invocation } from './parse.ts';
import type { Style } from './style.ts';

/** One command: parse what is its own, one request, print. Gives the exit status, or `stays` where the process lives on. */
export type Command = (invocation: Invocation, context: CommandContext) => Promise<CommandResult>;
export type CommandResult = number | 'stays';

/** All that a command may touch. `main.ts` gives the real things, the tests their own. */
export interface CommandContext extends CliWorld {
  /** How words look on stdout, and on stderr. */
  readonly style: Style;
  readonly stderrStyle: Style;
}

/** The world outside, before it is known what was asked. */
export interface CliWorld {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A connection to the daemon, which is started where there is none, unless `start` is false. */
  readonly connect: (options: { readonly start: boolean }) => Promise<Client>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The folder that ghost was called in. @throws where it is gone. */
  readonly cwd: () => string;
  /** The caller's whole environment, with bytes where a value is not valid UTF-8. */
  readonly callerEnvironment: () => readonly EnvironmentEntry[];
  /** The words after `ghost` as the kernel has them, or null where that cannot be known. */
  readonly rawArguments: () => readonly Uint8Array[] | null;
  /** Calls back at the first SIGINT, SIGTERM or SIGHUP, which then does not end the process by itself. */
  readonly onSignal: (listener: (signal: InterruptSignal) => void) => void;
  /** Runs the daemon in this process. */
  readonly loadDaemon: () => Promise<void>;
  /** Whether keys can be had from standard input. */
  readonly stdinIsTerminal: () => boolean;
  /** What opens the screen on the terminal, and settles with the exit status when it was left. */
  readonly loadScreen: () => Promise<(screen: Omit<ScreenWorld, 'stdin' | 'stdout'>) => Promise<number>>;
}

export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

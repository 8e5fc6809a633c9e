import type { Client } from '../client/api.ts';
import type { VerifyProgress, VerifyResult } from '../protocol/answers.ts';
import type { EnvironmentEntry } from '../protocol/messages.ts';
import type { NameOfUser } from '../user-names.ts';
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
  /** Who there is on this machine, and which of them the reader is; null where there are no uids. */
  readonly users: { readonly nameOf: NameOfUser; readonly uid: number | null };
  /** What checks the journal without a daemon. */
  readonly loadVerifier: () => Promise<JournalVerifier>;
  /** Runs the daemon in this process. */
  readonly loadDaemon: () => Promise<void>;
}

/** src/daemon/verify-main.ts, which is a bundle of its own. */
export interface JournalVerifier {
  /** @throws GhostError `journal-unusable`, `journal-newer`. */
  readonly verifyFolder: (environment: CliWorld['environment']) => AsyncGenerator<VerifyProgress, VerifyResult, void>;
  /** What to type where a journal is damaged. */
  readonly howToGoOn: (environment: CliWorld['environment']) => string;
}

export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

import type { Client } from '../client/api.ts';
import type { Doctor } from '../doctor/patient.ts';
import type { VerifyProgress, VerifyResult } from '../protocol/answers.ts';
import type { EnvironmentEntry } from '../protocol/messages.ts';
import type { ScreenWorld } from '../ui/screen-world.ts';
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
  /** What to type where what was typed is refused, and the refusal says no more than why. */
  readonly help: string;
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
  /** A file as it is read, `-` being standard input. What cannot be read is thrown where it is read. */
  readonly openInput: (file: string) => AsyncIterable<Uint8Array>;
  /** Calls back at each SIGINT, SIGTERM or SIGHUP, which then does not end the process by itself. */
  readonly onSignal: (listener: (signal: InterruptSignal) => void) => void;
  /** Who there is on this machine, and which of them the reader is; null where there are no uids. */
  readonly users: { readonly nameOf: NameOfUser; readonly uid: number | null };
  /** What checks the journal without a daemon. */
  readonly loadVerifier: () => Promise<JournalVerifier>;
  /** Calls back after so many milliseconds. What it gives back calls that off. */
  readonly after: (ms: number, call: () => void) => () => void;
  /** The keys of the terminal that ghost was typed in, one by one, or null where its input is none. */
  readonly openKeyInput: () => Promise<KeyInput | null>;
  /** Runs the daemon in this process. */
  readonly loadDaemon: () => Promise<void>;
  /** Whether keys can be had from standard input. */
  readonly stdinIsTerminal: () => boolean;
  /** What opens the screen on the terminal, and settles with the exit status when it was left. */
  readonly loadScreen: () => Promise<(screen: Omit<ScreenWorld, 'stdin' | 'stdout' | 'exportCast'>) => Promise<number>>;
  /** What reads the data folder itself: it knows SQLite, which nothing else here does. */
  readonly loadDoctor: () => Promise<Doctor>;
}

/** A terminal that gives each key as it is pressed, and shows none of them. Disposing gives it back as it was. */
export interface KeyInput extends Disposable {
  /** Ctrl-C is a key like any other; Ctrl-Z stops ghost as ever. */
  readonly onKey: (listener: (key: string) => void) => void;
}

/** src/daemon/verify-main.ts, which is a bundle of its own. */
export interface JournalVerifier {
  /** @throws GhostError `journal-unusable`, `journal-newer`. */
  readonly verifyFolder: (environment: CliWorld['environment']) => AsyncGenerator<VerifyProgress, VerifyResult, void>;
  /** What to type where a journal is damaged. */
  readonly howToGoOn: (environment: CliWorld['environment']) => string;
}

export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

import type { ReadStream, WriteStream } from 'node:tty';

import type { Client } from '../client/api.ts';
import type { NameOfUser } from '../user-names.ts';

/** All that the screen may touch. The command line's main gives the real things. */
export interface ScreenWorld {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A connection to the daemon, which is started where there is none, unless `start` is false. */
  readonly connect: (options: { readonly start: boolean }) => Promise<Client>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The folder that ghost was called in. @throws where it is gone. */
  readonly cwd: () => string;
  /** Writes a task's recording to a file that is not there yet. @throws GhostError `file-unusable`. */
  readonly exportCast: (client: Client, what: { readonly task: string; readonly file: string }) => Promise<void>;
  /** How users are called, and who the one at the keyboard is. */
  readonly users: { readonly nameOf: NameOfUser; readonly uid: number | null };
  /** False where `--no-color` was given. */
  readonly colour: boolean;
}

/** What the screen's bundle exports. */
export interface ScreenModule {
  readonly openScreen: (world: ScreenWorld) => Promise<number>;
}

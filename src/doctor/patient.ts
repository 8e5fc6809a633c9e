import type { Kernel } from '../daemon/kernel.ts';
import type { ProcessTable } from '../daemon/process-table.ts';
import type { Paths } from '../paths.ts';
import type { RebuildProgress, RebuildResult } from '../protocol/answers.ts';
import type { Settings } from '../settings.ts';
import type { Finding } from './finding.ts';
import type { SettingsInForce } from './settings-origin.ts';

/** What whoever asks for an examination has to say. */
export interface ExamineOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Mend what is safe to mend. Without it nothing is changed. */
  readonly fix: boolean;
  /** Fold every read model anew and compare. */
  readonly rebuild: boolean;
  /** Told how far what takes long has come, again and again. */
  readonly onProgress: (progress: DoctorProgress) => Promise<void>;
  /** Asked once what is wrong with the data folder itself is mended: a client is kept away by that as well. */
  readonly askDaemon: () => Promise<DaemonAnswer>;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** The journal is read from its first event to its last, and may then be folded anew. */
export interface DoctorProgress extends RebuildProgress {
  readonly step: 'reading' | 'folding';
}

/** What came of asking the daemon. */
export type DaemonAnswer =
  | {
      readonly kind: 'answers';
      readonly pid: number;
      readonly version: string;
      readonly rebuild: () => AsyncGenerator<RebuildProgress, RebuildResult, void>;
    }
  | { readonly kind: 'none' }
  /** Somebody is there, or something is in the way. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly hint: string };

/** The function that `doctor.cjs` is loaded for: one finding after the other, as each check is done. */
export type Examine = (options: ExamineOptions) => AsyncGenerator<Finding, void, void>;

/** All that `doctor.cjs` holds. */
export interface Doctor {
  readonly examine: Examine;
  /** @throws GhostError `config-invalid`. */
  readonly explainSettings: (environment: ExamineOptions['environment']) => SettingsInForce;
  readonly settingsSchema: () => object;
}

/** What the checks look at. */
export interface Patient extends ExamineOptions {
  readonly daemon: DaemonAnswer;
  readonly paths: Paths;
  readonly settings: Settings;
  readonly kernel: Kernel;
  /** Null where this platform has none that ghost knows. */
  readonly processes: ProcessTable | null;
  readonly migrationsFolder: string;
  readonly uid: number | null;
  /**
   * Whether this process holds the daemon's lock, so that nobody changes the folder under it. Only then is anything
   * touched that belongs to the daemon.
   */
  readonly alone: boolean;
}

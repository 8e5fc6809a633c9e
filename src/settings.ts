/** What a user can set in the config file, parsed. Every key of it is optional. */
export interface Settings {
  readonly logs: LogSettings;
}

export interface LogSettings {
  /** `segmentSize`: a spool is cut when it is so many bytes past its last cut. */
  readonly segmentBytes: number;
  /** `maxPerTask`: what the output of one task may take on the disk, in bytes. */
  readonly perTaskBytes: number;
  /** `maxTotal`: what the output of all tasks may take. */
  readonly total: SizeLimit;
  /** `keepFree`: how much of the file system is left to others, in bytes. */
  readonly keepFreeBytes: number;
}

/** A number of bytes, or a part of the file system, from 0 to 100. */
export type SizeLimit =
  | { readonly kind: 'bytes'; readonly value: number }
  | { readonly kind: 'percent'; readonly value: number };

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

export const defaultSettings: Settings = {
  logs: {
    segmentBytes: 4 * mebibyte,
    perTaskBytes: gibibyte,
    total: { kind: 'percent', value: 10 },
    keepFreeBytes: gibibyte,
  },
};

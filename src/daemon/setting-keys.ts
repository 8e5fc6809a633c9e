import { byteSizeWords, formatByteSize, parseByteSize, parseSizeLimit, sizeLimitWords } from '../byte-size.ts';
import { type LogSettings, defaultSettings } from '../settings.ts';

/** A segment smaller than this would be mostly its own event; a larger one could not be given back in small pieces. */
export const segmentBytesMin = 64 * 1024;
export const segmentBytesMax = 2 ** 30;

/** One key below `logs` in the config file: what reads it, refuses it, and tells an editor of it. */
export interface SettingKey<T> {
  readonly parse: (text: string) => T | null;
  /** What follows "must be". */
  readonly wanted: string;
  /** What it does, for the schema. */
  readonly description: string;
  /** As it could be typed. */
  readonly default: string;
  /** How it may be written as text, as JSON Schema says it. */
  readonly pattern: string;
}

const number = '\\s*\\d+(?:\\.\\d+)?';
/** As `parseByteSize` takes it, but for the bounds. */
const sizePattern = `${number} ?(?:[bB]|[kKmMgGtTpP](?:[iI]?[bB])?)?\\s*`;
const { logs: defaults } = defaultSettings;

export const logKeys = {
  segmentSize: {
    parse: parseSegmentSize,
    wanted: 'a size from 64KiB to 1GiB, such as 4MiB',
    description: 'A stream of a task is cut into a compressed segment when it has grown by so much.',
    default: formatByteSize(defaults.segmentBytes),
    pattern: `^${sizePattern}$`,
  },
  maxPerTask: {
    parse: parseByteSize,
    wanted: byteSizeWords,
    description: 'What the output of one task may take on the disk; the oldest goes first.',
    default: formatByteSize(defaults.perTaskBytes),
    pattern: `^${sizePattern}$`,
  },
  maxTotal: {
    parse: parseSizeLimit,
    wanted: sizeLimitWords,
    description: 'What the output of all tasks may take: a size, or a part of the file system.',
    default: defaults.total.kind === 'percent' ? `${defaults.total.value}%` : formatByteSize(defaults.total.value),
    pattern: `^(?:${sizePattern}|${number} ?%\\s*)$`,
  },
  keepFree: {
    parse: parseByteSize,
    wanted: byteSizeWords,
    description: 'How much of the file system is left to others.',
    default: formatByteSize(defaults.keepFreeBytes),
    pattern: `^${sizePattern}$`,
  },
} as const satisfies {
  readonly segmentSize: SettingKey<number>;
  readonly maxPerTask: SettingKey<number>;
  readonly maxTotal: SettingKey<LogSettings['total']>;
  readonly keepFree: SettingKey<number>;
};
export type LogKey = keyof typeof logKeys;
export const logKeyNames: readonly LogKey[] = ['segmentSize', 'maxPerTask', 'maxTotal', 'keepFree'];

function parseSegmentSize(text: string): number | null {
  const bytes = parseByteSize(text);
  return bytes === null || bytes < segmentBytesMin || bytes > segmentBytesMax ? null : bytes;
}

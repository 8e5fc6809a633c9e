import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';

import { byteSizeWords, parseByteSize, parseSizeLimit, sizeLimitWords } from '../byte-size.ts';
import { GhostError } from '../ghost-error.ts';
import { type LogSettings, type Settings, defaultSettings } from '../settings.ts';

/** A segment smaller than this would be mostly its own event; a larger one could not be given back in small pieces. */
export const segmentBytesMin = 64 * 1024;
export const segmentBytesMax = 2 ** 30;

/** Where the config file lies, and whether it was named outright and so has to be there. */
export interface SettingsPlace {
  readonly path: string;
  readonly required: boolean;
}

/** The place that an environment gives (CLI.md, the settings table). Reads nothing. */
export function settingsPlace(environment: Readonly<Record<string, string | undefined>>): SettingsPlace {
  const set = (name: string): string | undefined => {
    const value = environment[name];
    return value === undefined || value === '' ? undefined : value;
  };
  const explicit = set('GHOST_CONFIG');
  if (explicit !== undefined) return { path: resolve(explicit), required: true };
  const folder = set('XDG_CONFIG_HOME') ?? join(set('HOME') ?? userInfo().homedir, '.config');
  return { path: join(folder, 'ghost', 'config.json'), required: false };
}

/**
 * Reads the config file: JSON, every key optional. Read by the daemon alone, once, at its start.
 * @throws GhostError `config-invalid`, which names the key and what it wanted; a key that is not known is one, so that
 *   a misspelt limit is not silently none.
 */
export function readSettings({ path, required }: SettingsPlace): Settings {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!required && isOutOfReach(path)) return defaultSettings;
    throw new GhostError('config-invalid', `the config file ${path} cannot be read: ${messageOf(error)}`, {
      hint: required ? `ls -l ${path}, or unset GHOST_CONFIG` : `ls -l ${path}`,
      cause: error,
    });
  }
  return parseSettings(text, { path });
}

/** Whether nothing is there, or in a folder that is not this user's to enter (its environment is another's). */
function isOutOfReach(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EACCES'].includes(String(error.code));
  }
}

/**
 * What a config file says, with the defaults for what it does not.
 * @throws GhostError `config-invalid`.
 */
export function parseSettings(text: string, { path }: { path: string }): Settings {
  const refuse = (what: string, cause?: unknown): GhostError =>
    new GhostError('config-invalid', `the config file ${path} is wrong: ${what}`, {
      hint: `$EDITOR ${path}`,
      ...(cause === undefined ? {} : { cause }),
    });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw refuse(`it is not JSON (${messageOf(error)})`, error);
  }
  const { logs } = readKeys(content, { at: '', known: ['logs'], refuse });
  const given = logs === undefined ? {} : readKeys(logs, { at: 'logs', known: Object.keys(logKeys), refuse });
  const read = <T>(name: keyof typeof logKeys, { parse, wanted }: ValueKind<T>): T | undefined => {
    const value = given[name];
    if (value === undefined) return undefined;
    const parsed = typeof value === 'string' || typeof value === 'number' ? parse(String(value)) : null;
    if (parsed === null) throw refuse(`logs.${name} is ${JSON.stringify(value)}, but must be ${wanted}`);
    return parsed;
  };
  const defaults = defaultSettings.logs;
  return {
    logs: {
      segmentBytes: read('segmentSize', logKeys.segmentSize) ?? defaults.segmentBytes,
      perTaskBytes: read('maxPerTask', logKeys.maxPerTask) ?? defaults.perTaskBytes,
      total: read('maxTotal', logKeys.maxTotal) ?? defaults.total,
      keepFreeBytes: read('keepFree', logKeys.keepFree) ?? defaults.keepFreeBytes,
    },
  };
}

interface ValueKind<T> {
  readonly parse: (text: string) => T | null;
  /** What follows "must be". */
  readonly wanted: string;
}

const size: ValueKind<number> = { parse: parseByteSize, wanted: byteSizeWords };

const logKeys = {
  segmentSize: { parse: parseSegmentSize, wanted: 'a size from 64KiB to 1GiB, such as 4MiB' },
  maxPerTask: size,
  maxTotal: { parse: parseSizeLimit, wanted: sizeLimitWords } satisfies ValueKind<LogSettings['total']>,
  keepFree: size,
};

function parseSegmentSize(text: string): number | null {
  const bytes = parseByteSize(text);
  return bytes === null || bytes < segmentBytesMin || bytes > segmentBytesMax ? null : bytes;
}

function readKeys(
  value: unknown,
  { at, known, refuse }: { at: string; known: readonly string[]; refuse: (what: string) => GhostError },
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(`${at === '' ? 'it' : at} must be an object in braces, not ${JSON.stringify(value)}`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const name = at === '' ? unknown : `${at}.${unknown}`;
    throw refuse(`${JSON.stringify(name)} is not a setting; in its place there can be: ${known.join(', ')}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { hasCode } from '../error-code.ts';
import { messageOf } from '../error-message.ts';
import { GhostError } from '../ghost-error.ts';
import { type Settings, defaultSettings } from '../settings.ts';
import { quoteWord } from '../shell-quote.ts';
import { userHome } from '../user-home.ts';
import { type LogKey, type SettingKey, logKeys } from './setting-keys.ts';
import { readGiven, refuseIn } from './settings-text.ts';

/** Where the config file lies, and whether it was named outright and so has to be there. */
interface SettingsPlace {
  readonly path: string;
  readonly required: boolean;
}

/** The place that an environment gives. Reads nothing. */
export function settingsPlace(environment: Readonly<Record<string, string | undefined>>): SettingsPlace {
  const set = (name: string): string | undefined => {
    const value = environment[name];
    return value === undefined || value === '' ? undefined : value;
  };
  const explicit = set('GHOST_CONFIG');
  if (explicit !== undefined) return { path: resolve(explicit), required: true };
  const folder = set('XDG_CONFIG_HOME') ?? join(userHome(environment), '.config');
  return { path: join(folder, 'ghost', 'config.json'), required: false };
}

/**
 * Reads the config file: JSON, every key optional. Read by the daemon once, at its start: what becomes of the file
 * afterwards does not touch it.
 * @throws GhostError `config-invalid`, which names the key, its line and what it wanted; a key that is not known is one,
 *   so that a misspelt limit is not silently none.
 */
export function readSettings(place: SettingsPlace): Settings {
  const text = readSettingsText(place);
  return text === null ? defaultSettings : parseSettings(text, place);
}

/**
 * The config file, or null where there is none and none was named.
 * @throws GhostError `config-invalid`.
 */
export function readSettingsText({ path, required }: SettingsPlace): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!required && isOutOfReach(path)) return null;
    throw new GhostError('config-invalid', `the config file ${path} cannot be read: ${messageOf(error)}`, {
      hint: `ls -l ${quoteWord(path)}${required ? ', or unset GHOST_CONFIG' : ''}`,
      cause: error,
    });
  }
}

/** Whether nothing is there, or in a folder that is not this user's to enter (its environment is another's). */
function isOutOfReach(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return hasCode(error, ['ENOENT', 'ENOTDIR', 'EACCES']);
  }
}

/**
 * What a config file says, with the defaults for what it does not.
 * @throws GhostError `config-invalid`.
 */
export function parseSettings(text: string, { path }: { path: string }): Settings {
  const given = readGiven(text, { path });
  const refuse = refuseIn(path);
  const read = <T>(name: LogKey, { parse, wanted }: Pick<SettingKey<T>, 'parse' | 'wanted'>): T | undefined => {
    const setting = given.get(name);
    if (setting === undefined) return undefined;
    const { value, line } = setting;
    const parsed = typeof value === 'string' || typeof value === 'number' ? parse(String(value)) : null;
    if (parsed === null) throw refuse(`logs.${name} is ${JSON.stringify(value)}, but must be ${wanted}`, { line });
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

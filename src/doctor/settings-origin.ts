import { statSync } from 'node:fs';

import { logKeyNames, logKeys } from '../daemon/setting-keys.ts';
import { parseSettings, readSettingsText, settingsPlace } from '../daemon/settings-file.ts';
import { readGiven } from '../daemon/settings-text.ts';
import { resolvePaths } from '../paths.ts';

/** One setting: its value and where that comes from. */
export interface SettingOrigin {
  /** Such as `logs.keepFree`, or `home` for a path. */
  readonly key: string;
  readonly value: string;
  readonly source: 'default' | 'environment' | 'file';
  /** The variable, or `PATH:LINE` of the file; null for a default. */
  readonly from: string | null;
}

export interface SettingsInForce {
  readonly file: string;
  /** When it was last changed, in milliseconds since 1970; null where there is none. */
  readonly changedMs: number | null;
  readonly settings: readonly SettingOrigin[];
}

/**
 * What a daemon that starts now would take, value by value, and where each comes from.
 * @throws GhostError `config-invalid`, as that daemon would.
 */
export function explainSettings(environment: Readonly<Record<string, string | undefined>>): SettingsInForce {
  const place = settingsPlace(environment);
  const text = readSettingsText(place);
  // For what it refuses.
  if (text !== null) parseSettings(text, place);
  const given = text === null ? null : readGiven(text, place);
  const logs = logKeyNames.map((name): SettingOrigin => {
    const setting = given?.get(name);
    const key = `logs.${name}`;
    if (setting === undefined) return { key, value: logKeys[name].default, source: 'default', from: null };
    return { key, value: String(setting.value), source: 'file', from: `${place.path}:${setting.line}` };
  });
  return {
    file: place.path,
    changedMs: statSync(place.path, { throwIfNoEntry: false })?.mtimeMs ?? null,
    settings: [...pathOrigins(environment), ...logs],
  };
}

function pathOrigins(environment: Readonly<Record<string, string | undefined>>): readonly SettingOrigin[] {
  const { home, socket, socketFallbackFolder } = resolvePaths(environment);
  const origin = (key: string, { value, of }: { value: string; of: readonly string[] }): SettingOrigin => {
    const variable = of.find((name) => environment[name] !== undefined && environment[name] !== '');
    return variable === undefined
      ? { key, value, source: 'default', from: null }
      : { key, value, source: 'environment', from: variable };
  };
  const isFallback = socketFallbackFolder !== null;
  // A data folder of one's own has its socket in it.
  const ownHome = environment['GHOST_HOME'] !== undefined && environment['GHOST_HOME'] !== '';
  const socketVariables = ownHome ? ['GHOST_SOCKET', 'GHOST_HOME'] : ['GHOST_SOCKET', 'XDG_RUNTIME_DIR'];
  return [
    origin('home', { value: home, of: ['GHOST_HOME', 'XDG_DATA_HOME'] }),
    origin('socket', { value: socket, of: isFallback ? [] : socketVariables }),
    origin('config', { value: settingsPlace(environment).path, of: ['GHOST_CONFIG', 'XDG_CONFIG_HOME'] }),
  ];
}

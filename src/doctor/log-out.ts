import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Later folders give way to earlier ones where both have a file of a name: logind.conf(5). */
const configFolders = ['etc', 'run', 'usr/local/lib', 'usr/lib'];

/**
 * Whether systemd ends what a user leaves running when he logs out: `KillUserProcesses` in logind's configuration, and
 * not where he lingers (loginctl(1)). Null where there is no systemd.
 * @param root where the file system begins.
 */
export function logOutRule(root: string, { user }: { readonly user: string }): { readonly kills: boolean } | null {
  if (!existsSync(join(root, 'run/systemd/system'))) return null;
  if (existsSync(join(root, 'var/lib/systemd/linger', user))) return { kills: false };
  const main = configFolders
    .map((folder) => join(root, folder, 'systemd/logind.conf'))
    .find((path) => existsSync(path));
  // Distributions show the default that they built in as a comment in it.
  const text = main === undefined ? '' : readFileSync(main, 'utf8');
  const shown = /^#\s*KillUserProcesses=(.*)$/m.exec(text)?.[1];
  const settings = new Map([
    ...(shown === undefined ? [] : [['KillUserProcesses', shown] as const]),
    ...settingsIn(text),
  ]);
  for (const [key, value] of dropIns(root).flatMap((path) => settingsIn(readFileSync(path, 'utf8')))) {
    settings.set(key, value);
  }
  const only = words(settings.get('KillOnlyUsers'));
  const excluded = words(settings.get('KillExcludeUsers') ?? 'root');
  const kills = /^(?:yes|true|on|1)$/i.test(settings.get('KillUserProcesses')?.trim() ?? '');
  return { kills: kills && !excluded.includes(user) && (only.length === 0 || only.includes(user)) };
}

function settingsIn(text: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(/^\s*(Kill\w+)\s*=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]);
}

/** The files that add to it, in the order in which they do: by name, whatever folder they lie in. */
function dropIns(root: string): readonly string[] {
  const paths = configFolders
    .map((folder) => join(root, folder, 'systemd/logind.conf.d'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.conf'))
        .map((name) => join(folder, name)),
    );
  const byName = new Map(paths.toReversed().map((path) => [basename(path), path]));
  return [...byName].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, path]) => path);
}

function words(value: string | undefined): readonly string[] {
  return (value ?? '').split(/\s+/).filter((word) => word !== '');
}

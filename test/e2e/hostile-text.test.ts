import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { fillHostile, hostile, name, steering, tag, turning, unwanted } from '../support/hostile.ts';
import { drawOnTerminal } from '../support/on-terminal.ts';

const id = '1';

/** Every command, with texts of tasks to show and with hostile words of its own. */
const commands: readonly (readonly string[])[] = [
  ['list'],
  ['list', '--all', '--json'],
  ['list', '--at', hostile],
  ['list', '--state', hostile],
  ['show', id],
  ['show', '3'],
  ['show', '5'],
  ['show', '--json', '5'],
  ['why', '5'],
  ['diff', '5', '1'],
  ['timeline', '5'],
  ['show', '--json', id],
  ['show', '--env', id],
  ['show', '--env', '--reveal', '--json', id],
  ['show', hostile],
  ['history'],
  ['history', '--json'],
  ['history', '--stats'],
  ['history', '--stats', '--json'],
  ['history', hostile],
  ['history', `name:${hostile}`],
  ['history', `since:${hostile}`],
  ['history', `exit:${hostile}`, '--json'],
  ['audit'],
  ['audit', '--json'],
  ['audit', '--type', hostile],
  ['audit', '--actor', hostile, '--json'],
  ['audit', '--verify'],
  ['timeline'],
  ['timeline', id],
  ['timeline', '--json', id],
  ['timeline', '3', '4', '1'],
  ['why', id],
  ['why', '2'],
  ['why', '3'],
  ['why', '4'],
  ['why', '--json', '3'],
  ['diff', id, '2'],
  ['diff', '--env', '--reveal', id, '2'],
  ['diff', '--json', id, '2'],
  ['diff', '--ignore', `(${hostile}`, id, '2'],
  ['log', '--json', id],
  ['log', '--since', hostile, id],
  ['log', hostile],
  ['log', '-g', `(${hostile}`, id],
  ['grep', 'owned'],
  ['grep', '--json', 'owned'],
  ['grep', '-C', '2', 'png|gnp', id],
  ['grep', `(${hostile}`],
  ['wait', '--log', hostile.replaceAll(/[^\p{L}\p{Cc}\p{Cf}]/gu, ''), '2'],
  ['wait', '--timeout', '1ms', '--log', 'never\u009b\u202e', '4'],
  ['wait', '--timeout', hostile, '4'],
  ['status'],
  ['status', '--json'],
  ['config'],
  ['config', '--json'],
  ['doctor'],
  ['doctor', '--json'],
  ['rename', id, hostile],
  ['rename', id, name],
  ['rename', '--json', id, name],
  ['tag', id, `+${tag}`],
  ['tag', id, `+${hostile}`],
  ['tag', id, hostile],
  ['stop', hostile],
  ['kill', '-s', hostile, id],
  ['run', '--', hostile],
  ['run', '-C', hostile, 'true'],
  ['run', '-n', hostile, 'true'],
  ['run', '-t', hostile, 'true'],
  ['run', '-e', hostile, 'true'],
  ['run', '--timeout', hostile, 'true'],
  ['run', '--batch', 'batch'],
  ['run', '--batch', '--json', 'batch'],
  ['run', '--batch', hostile],
  ['restart', '--json', id],
  ['restart', hostile],
  ['prune', '--dry-run', '--keep', '0'],
  ['prune', '--older', hostile],
  ['prune', '--max-log', hostile],
  ['redact', id, '--env', hostile.replaceAll('=', '')],
  ['export', id, '--json', hostile],
  ['export', id, '--cast', 'cast', '--size', hostile],
  ['export', id, '--json', '-'],
  ['replay', '--speed', hostile, id],
  ['replay', hostile],
  ['completion', hostile],
  ['completion', '--candidates', '--', 'show', ''],
  ['completion', '--candidates', '--', 'history', '--tag', ''],
  ['help', hostile],
  [hostile],
  ['list', `--${hostile}`],
  ['shutdown', '--grace', hostile],
];

describe('hostile text', () => {
  test('in anything that ghost shows reaches no terminal', async () => {
    await using home = new GhostHome();
    await fillHostile(home);
    const lines = [
      { command: ['true', hostile], name },
      { command: [hostile] },
      { command: ['true'], name: hostile },
      { command: ['true'], [hostile]: 1 },
      { command: ['true'], cwd: hostile },
    ];
    writeFileSync(
      join(home.work, 'batch'),
      `${lines.map((line) => JSON.stringify(line)).join('\n')}\n${hostile.replaceAll('\n', '')}\n`,
    );
    const drawn = await drawOnTerminal(home, commands, { columns: 100 });
    expect(drawn.flatMap(unwanted)).toEqual([]);
    // And something was shown by all of them, so that this tells something.
    expect(drawn.filter(({ bytes }) => bytes.length === 0).map(({ words }) => words)).toEqual([]);
    const log = readFileSync(join(home.path, 'daemon.log'));
    expect(unwanted({ words: ['daemon.log'], bytes: log })).toEqual([]);
  });

  test('in the settings is told of without being shown', async () => {
    await using home = new GhostHome();
    const config = join(home.work, `c${turning}.json`);
    const env = { GHOST_CONFIG: config };
    const said: (readonly string[])[] = [];
    for (const settings of [
      JSON.stringify({ [hostile]: 1 }),
      JSON.stringify({ logs: { [hostile]: hostile } }),
      JSON.stringify({ logs: { maxTotal: hostile } }),
      `{ "logs": ${steering} }`,
      hostile,
    ]) {
      writeFileSync(config, settings);
      const drawn = await drawOnTerminal(home, [['list'], ['config'], ['doctor'], ['daemon']], { columns: 100, env });
      said.push(...drawn.map(unwanted));
      expect(drawn.every(({ bytes }) => bytes.length > 0)).toBe(true);
    }
    expect(said.flat()).toEqual([]);
  });

  test('comes back from JSON as it was', async () => {
    await using home = new GhostHome();
    await fillHostile(home);
    expect(JSON.parse(await home.ok(['list', '--all', '--json']))).toMatchObject([
      { command: ['sh', '-c', expect.any(String), hostile], name, tags: [tag] },
      { command: ['sh', '-c', expect.any(String), `${hostile}2`], name },
      { command: [`./${hostile}`] },
      { command: ['sh', '-c', 'exec sleep 600', hostile] },
      { command: ['true', ...Array.from({ length: 2 }, () => expect.stringMatching(/^(?:\u202e.*\u009b)+$/s))] },
    ]);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { logOutRule } from '../../src/doctor/log-out.ts';

const systemd = { 'run/systemd/system/.keep': '' };
const main = 'etc/systemd/logind.conf';

test.for([
  ['there is no systemd', { [main]: 'KillUserProcesses=yes\n' }, null],
  ['nothing is set', { ...systemd }, { kills: false }],
  ['it is set', { ...systemd, [main]: '[Login]\nKillUserProcesses=yes\n' }, { kills: true }],
  ['it is set to no', { ...systemd, [main]: 'KillUserProcesses=no\n' }, { kills: false }],
  ['it is what was built in', { ...systemd, [main]: '#KillUserProcesses=yes\n' }, { kills: true }],
  [
    'a line overrules what was built in',
    { ...systemd, [main]: '#KillUserProcesses=yes\nKillUserProcesses=no\n' },
    { kills: false },
  ],
  [
    'a file of the distribution sets it',
    { ...systemd, 'usr/lib/systemd/logind.conf.d/10-kill.conf': 'KillUserProcesses=yes\n' },
    { kills: true },
  ],
  [
    'a later file takes it back',
    {
      ...systemd,
      [main]: 'KillUserProcesses=yes\n',
      'usr/lib/systemd/logind.conf.d/50-keep.conf': 'KillUserProcesses=no\n',
    },
    { kills: false },
  ],
  [
    'a file of the same name in /etc goes before',
    {
      ...systemd,
      'usr/lib/systemd/logind.conf.d/50.conf': 'KillUserProcesses=yes\n',
      'etc/systemd/logind.conf.d/50.conf': 'KillUserProcesses=no\n',
    },
    { kills: false },
  ],
  [
    'the user lingers',
    { ...systemd, [main]: 'KillUserProcesses=yes\n', 'var/lib/systemd/linger/me': '' },
    { kills: false },
  ],
  [
    'the user is left out',
    { ...systemd, [main]: 'KillUserProcesses=yes\nKillExcludeUsers=root me\n' },
    { kills: false },
  ],
  ['only others are meant', { ...systemd, [main]: 'KillUserProcesses=yes\nKillOnlyUsers=you\n' }, { kills: false }],
] as const)('whether tasks die at log-out where %s', ([, files, rule]) => {
  const root = mkdtempSync(join(tmpdir(), 'log-out-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    expect(logOutRule(root, { user: 'me' })).toEqual(rule);
  } finally {
    rmSync(root, { recursive: true });
  }
});

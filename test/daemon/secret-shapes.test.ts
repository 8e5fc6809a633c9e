import { describe, expect, test } from 'vitest';

import {
  looksSecret,
  randomBitsMin,
  randomCharactersMin,
  randomHexBitsMin,
  randomTurnsMin,
} from '../../src/daemon/secret-shapes.ts';
import { inTime } from '../../src/words/in-time.ts';

/** Put together here, so that nobody who looks for secrets in this repository finds one. */
const of = (...parts: readonly string[]): string => parts.join('');
const letters = 'aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA';

describe('a secret is known by its name', () => {
  test.for([
    'API_TOKEN',
    'GITHUB_TOKEN',
    'TOKEN',
    'tokens',
    'TOKEN_V2',
    'CLIENT_SECRET',
    'SECRET_KEY_BASE',
    'DB_PASSWORD',
    'PGPASSWORD',
    'SMTP_PASSWD',
    'MYSQL_PWD',
    'DB_PASS',
    'GPG_PASSPHRASE',
    'AWS_SECRET_ACCESS_KEY',
    'OPENAI_API_KEY',
    'OPENAI_APIKEY',
    'apiKey',
    'sshKey',
    'STRIPE_KEY',
    'AZURE_CREDENTIALS',
    'NPM_AUTH',
    'npm_config__auth',
    'HTTP_COOKIE',
    'PRIVATE_DATA',
    'SESSION',
    'SESSION_ID',
    'PASSWORD_SALT',
    'SENTRY_DSN',
    'my.secret',
  ])('%s', (name) => {
    expect(looksSecret(name, 'hunter2')).toBe(true);
    expect(looksSecret(name, Buffer.from([0xff, 0x68, 0x69]))).toBe(true);
    // Nothing is given away by these.
    for (const value of ['', '1', 'true', 'No']) expect(looksSecret(name, value)).toBe(false);
  });
});

describe('a secret is known by its shape', () => {
  test.for([
    of('ghp', '_', letters),
    of('github', '_pat_', letters),
    of('glp', 'at-', letters.slice(0, 20)),
    of('s', 'k-proj-', letters),
    of('s', 'k_live_', letters.slice(0, 24)),
    of('AK', 'IA', 'IOSFODNN7EXAMPLE'),
    of('AI', 'za', letters, 'abc'),
    of('xo', 'xb-', '123456789012-', letters.slice(0, 12)),
    of('np', 'm_', letters, 'abcd'),
    of('hv', 's.', letters),
    of('SG', '.', letters.slice(0, 22), '.', letters),
    of('ey', 'JhbGciOiJIUzI1NiJ9', '.', 'eyJzdWIiOiIxIn0', '.', letters),
    of('-----BEGIN RSA ', 'PRIVATE KEY-----\nMIIE'),
    of('-----BEGIN ', 'PRIVATE KEY-----\nMIIE'),
    of('postgres://app', ':pw@', 'db.local/app'),
    of('redis://', ':pw@', 'localhost:6379'),
    of('https://hooks.', 'slack.com/services/T0/B0/x'),
    of('Authorization: Bear', 'er ', letters),
    of('Server=db;User=sa;Pass', 'word=hunter2;'),
    letters,
    `${letters}+/${letters}==`,
    of('9f86d081884c7d65', '9a2feaa0c55ad015a3bf4f1b2b0b822c'),
  ])('%s', (value) => {
    expect(looksSecret('SOME_NAME', value)).toBe(true);
    expect(looksSecret('SOME_NAME', Buffer.from(value))).toBe(true);
  });
});

describe('a word that says nothing is taken for random', () => {
  const looks = (value: string): boolean => looksSecret('SOME_NAME', value);
  /** A word in which each of these characters stands so many times. */
  const wordOf = (counts: readonly number[]): string =>
    counts.map((count, index) => (letters[index] ?? '').repeat(count)).join('');
  /** Shannon's measure. */
  const bitsOf = (word: string): number => {
    const counts = [...Map.groupBy(word, (character) => character).values()].map((same) => same.length / word.length);
    return counts.reduce((bits, part) => bits - part * Math.log2(part), 0);
  };

  test('from so many characters on', () => {
    const least = letters.repeat(2).slice(0, randomCharactersMin);
    expect([looks(least), looks(least.slice(0, -1))]).toEqual([true, false]);
    const hex = '0123456789abcdef'.repeat(3).slice(0, randomCharactersMin);
    expect([looks(hex), looks(hex.slice(0, -1))]).toEqual([true, false]);
  });

  test('where it has so many bits in each of them', () => {
    const [less, more] = [
      wordOf([1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]),
      wordOf([...Array(8).fill(1), ...Array(8).fill(3)]),
    ];
    expect(bitsOf(less)).toBeGreaterThan(randomBitsMin - 0.01);
    expect(bitsOf(less)).toBeLessThan(randomBitsMin);
    expect(bitsOf(more)).toBeLessThan(randomBitsMin + 0.02);
    expect([looks(less), looks(more)]).toEqual([false, true]);
  });

  test('where its digits of hex have so many', () => {
    const [just, less] = ['0123456a'.repeat(4), `${'0123456a'.repeat(3)}01234560`];
    expect(bitsOf(just)).toBe(randomHexBitsMin);
    expect(bitsOf(less)).toBeGreaterThan(randomHexBitsMin - 0.02);
    expect([looks(just), looks(less)]).toEqual([true, false]);
  });

  test('where so many of its letters stand beside digits', () => {
    const [first, second] = ['ABCDEFGHIJKLMNOP', 'QRSTUVWXYZabcdef'];
    expect(randomTurnsMin).toBe(4);
    // Letter and digit, digit and letter, twice; and once without the last.
    expect([looks(`${first}1${second}2ghi`), looks(`${first}1${second}ghi2`)]).toEqual([true, false]);
  });
});

describe('what stands in every environment is none', () => {
  test.for([
    [
      'PATH',
      '/home/you/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/nix/store/zgkfm0b7x1q2w3e4r5t6-bash/bin',
    ],
    ['PWD', '/home/you/src/a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6'],
    ['OLDPWD', '/home/you'],
    ['HOME', '/home/you'],
    ['LS_COLORS', 'rs=0:di=01;34:ln=01;36:mh=00:pi=40;33:so=01;35:do=01;35:bd=40;33;01:*.tar=01;31:*.tgz=01;31'],
    ['TERM', 'xterm-256color'],
    ['LANG', 'en_GB.UTF-8'],
    ['SSH_AUTH_SOCK', '/run/user/1000/ssh-agent.socket'],
    ['SSH_ASKPASS', '/usr/bin/ksshaskpass'],
    ['SSH_CONNECTION', '192.0.2.7 51234 192.0.2.1 22'],
    ['SSH_KEY_FILE', '~/.ssh/id_ed25519'],
    ['XAUTHORITY', '/run/user/1000/xauth_abcdef'],
    ['XDG_SESSION_ID', 'c2'],
    ['XDG_SESSION_TYPE', 'wayland'],
    ['DESKTOP_SESSION', 'plasma'],
    ['SESSION_MANAGER', 'local/box:@/tmp/.ICE-unix/1234,unix/box:/tmp/.ICE-unix/1234'],
    ['DBUS_SESSION_BUS_ADDRESS', 'unix:path=/run/user/1000/bus,guid=0123456789abcdef0123456789abcdef'],
    ['INVOCATION_ID', of('0f1e2d3c4b5a6978', '8796a5b4c3d2e1f0')],
    ['GITHUB_SHA', of('9f86d081884c7d65', '9a2feaa0c55ad015a3bf4f1b')],
    ['TRACE', '123e4567-e89b-42d3-a456-426614174000'],
    ['KEYBOARD', 'us'],
    ['GIT_AUTHOR_NAME', 'You Yourself'],
    ['TOKENIZERS_PARALLELISM', 'maybe'],
    ['MAX_TOKENS', '4096'],
    ['PASSWORD_STORE_DIR', '/home/you/.password-store'],
    ['npm_config_user_agent', 'npm/11.0.0 node/v24.0.0 linux x64 workspaces/false'],
    ['NODE_OPTIONS', '--enable-source-maps --max-old-space-size=4096'],
    ['HTTP_PROXY', 'http://proxy.local:3128'],
    ['DATABASE_URL', 'postgres://db.local/app'],
    ['MODULE', 'this-is-a-long-name-of-many-words-and-no-secret'],
    ['IMAGE', 'registry.example.org/team/app:2026.11.24-3'],
  ] as const)('%s', ([name, value]) => {
    expect(looksSecret(name, value)).toBe(false);
  });
});

test('is decided soon, however long a value is and however much of a secret it begins', () => {
  const begun = [
    'a-',
    'eyJ-',
    'SG.',
    'SG.-',
    '1:',
    '-----BEGIN ',
    'a://',
    'x.y-',
    ' password',
    'aZ9',
    'sk-',
    'basic\t',
  ];
  for (const piece of begun) {
    const value = piece.repeat(Math.floor(131_000 / piece.length));
    // A ceiling that only what never comes reaches: one of these once took a minute.
    expect(() => inTime(() => looksSecret('X', value), { limitMs: 10_000 }), piece).not.toThrow();
    expect(() => inTime(() => looksSecret(value, 'x'), { limitMs: 10_000 }), piece).not.toThrow();
  }
});

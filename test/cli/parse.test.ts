import { describe, expect, test } from 'vitest';

import { optionsOf, commandTable } from '../../src/cli/command-table.ts';
import { commandWord, parseCommandLine } from '../../src/cli/parse.ts';
import { GhostError } from '../../src/ghost-error.ts';

/** What was understood: the command, the options that were given, the words. */
function understood(...argv: readonly string[]) {
  const { command, options, words } = parseCommandLine(argv);
  const spec = commandTable.find(({ name }) => name === command);
  const given = (spec === undefined ? [] : optionsOf(spec))
    .filter(({ long }) => long !== 'help' && options.has(long))
    .map(({ long, value }) => (value === null ? long : [long, ...options.values(long)]));
  return { command, given, words };
}

function refusal(...argv: readonly string[]): GhostError {
  try {
    parseCommandLine(argv);
  } catch (error) {
    if (error instanceof GhostError) return error;
    throw error;
  }
  throw new Error(`it was understood: ${argv.join(' ')}`);
}

test.for([
  [['ui'], 'ui'],
  [['--no-color', 'ui'], 'ui'],
  [['--json', '--no-color', 'log', '-g', 'x'], 'log'],
  [['--no-color'], undefined],
  [[], undefined],
] as const)('the command of %j is %s', ([argv, word]) => {
  expect(commandWord(argv)).toBe(word);
});

describe('what is understood', () => {
  test.for([
    [['log', '-n', '10', '42'], 'log', [['lines', '10']], ['42']],
    [['log', '-n10', '42'], 'log', [['lines', '10']], ['42']],
    [['log', '-n=10', '42'], 'log', [['lines', '10']], ['42']],
    [['log', '--lines=10', '42'], 'log', [['lines', '10']], ['42']],
    [['log', '42', '--lines', '10'], 'log', [['lines', '10']], ['42']],
    [['logs', '-fn', '10', '42'], 'log', ['follow', ['lines', '10']], ['42']],
    [['log', '-fn10', '42', '43'], 'log', ['follow', ['lines', '10']], ['42', '43']],
    [['log', '-f', '42'], 'log', ['follow'], ['42']],
    [['log', '--follow', '42', '--json'], 'log', ['follow', 'json'], ['42']],
    [['log', '--', '-f'], 'log', [], ['-f']],
    [['log', '-'], 'log', [], ['-']],
    [['log', '--lines', '5', '--lines', '7', '1'], 'log', [['lines', '7']], ['1']],
    [['ls'], 'list', [], []],
    [['list', '-a', '-s', 'failed', '--state=lost'], 'list', ['all', ['state', 'failed', 'lost']], []],
    [['list', '--no-color'], 'list', ['no-color'], []],
    [['--json', '--no-color', 'list'], 'list', ['json', 'no-color'], []],
    [['stop', '4', '5', '--grace', '1m', '6'], 'stop', [['grace', '1m']], ['4', '5', '6']],
    [['kill', '-sHUP', '4'], 'kill', [['signal', 'HUP']], ['4']],
    [['log', '--since', '-2h', '42'], 'log', [['since', '-2h']], ['42']],
    [
      ['log', '-iTC2', '-g', '-x', '42'],
      'log',
      [['grep', '-x'], 'ignore-case', ['context', '2'], 'timestamps'],
      ['42'],
    ],
    [['grep', '-l', 'a b', '4', '5'], 'grep', ['list'], ['a b', '4', '5']],
    [['grep', '--', '-x'], 'grep', [], ['-x']],
    [['prune', '--max-log=1GiB'], 'prune', [['max-log', '1GiB']], []],
    [['wait'], 'wait', [], []],
    [['shutdown', '--stop-tasks'], 'shutdown', ['stop-tasks'], []],
    [['daemon', '--persist'], 'daemon', ['persist'], []],
    [['-v'], 'version', [], []],
    [['--version'], 'version', [], []],
    [[], 'help', [], []],
    [['--help'], 'help', [], []],
    [['-h'], 'help', [], []],
    [['help', 'run'], 'help', [], ['run']],
    [['run', '--help'], 'help', [], ['run']],
    [['run', '-fh'], 'help', [], ['run']],
    [['--help', 'run'], 'help', [], ['run']],
    [['ls', '-h', '--nonsense'], 'help', [], ['list']],
    [['help', '--help'], 'help', [], []],
  ] as const)('ghost %j', ([argv, command, given, words]) => {
    expect(understood(...argv)).toEqual({ command, given, words });
  });
});

describe("what belongs to run's command", () => {
  test.for([
    [['ls', '-la'], [], ['ls', '-la']],
    [['ls', '--json', '--help', '-f'], [], ['ls', '--json', '--help', '-f']],
    [['-n', 'web', '--', 'npm', 'start', '--help'], [['name', 'web']], ['npm', 'start', '--help']],
    [['-n', 'web', 'npm', '--', 'x'], [['name', 'web']], ['npm', '--', 'x']],
    [['--', '--', 'x'], [], ['--', 'x']],
    [['--', '-weird', ''], [], ['-weird', '']],
    [
      ['printf', '', '%s\n', ' ', '"', "'", '\u{1f47b}', 'a\tb'],
      [],
      ['printf', '', '%s\n', ' ', '"', "'", '\u{1f47b}', 'a\tb'],
    ],
    [['run', 'run', 'help'], [], ['run', 'run', 'help']],
    [['001', '1e3', '0x10', 'true'], [], ['001', '1e3', '0x10', 'true']],
    [
      ['-f', '-e', 'A=1', '-eB=2=3', '--env=C=', '-t', 'x', '-t', 'y', 'cmd'],
      ['follow', ['env', 'A=1', 'B=2=3', 'C='], ['tag', 'x', 'y']],
      ['cmd'],
    ],
    [['-c', 'echo -f; exit 3'], [['shell', 'echo -f; exit 3']], []],
    [['--name=', 'x'], [['name', '']], ['x']],
    [
      ['-n', '007', '--timeout=1h30m', '-C', '/a b', 'x'],
      [
        ['name', '007'],
        ['cwd', '/a b'],
        ['timeout', '1h30m'],
      ],
      ['x'],
    ],
    [['-n', '-dash', '--', 'x'], [['name', '-dash']], ['x']],
  ] as const)('ghost run %j', ([argv, given, words]) => {
    expect(understood('run', ...argv)).toEqual({ command: 'run', given, words });
  });
});

describe('what is refused, with what to type instead', () => {
  test.for([
    [['stauts'], 'unknown command "stauts"', 'ghost status'],
    [['lgo'], 'unknown command "lgo"', 'ghost log'],
    [['rm', '5'], 'unknown command "rm"', 'ghost prune'],
    [['top'], 'unknown command "top"', 'ghost ui'],
    [['start', 'make'], 'unknown command "start"', 'ghost run'],
    [['tail', '-f', '5'], 'unknown command "tail"', 'ghost log'],
    [['resta'], 'unknown command "resta"', 'ghost restart'],
    [['frobnicate'], 'unknown command "frobnicate"', 'ghost help'],
    [[''], 'unknown command ""', 'ghost help'],
    [['a\u001b[2Jb'], 'unknown command "a\\e[2Jb"', 'ghost help'],
    [['toString'], 'unknown command "toString"', 'ghost help'],
    [['log', '--folow', '42'], 'log has no option --folow', '--follow (all of them: ghost log --help)'],
    [['log', '-F', '42'], 'log has no option -F', '-f (all of them: ghost log --help)'],
    [['log', '-fx', '42'], 'log has no option -x', 'ghost log --help'],
    [['log', '--stop-tasks'], 'log has no option --stop-tasks', 'ghost log --help'],
    [['stop', '-5'], 'stop has no option -5', 'ghost stop --help'],
    [['run', '--nmae', 'x', 'y'], 'run has no option --nmae', '--name (all of them: ghost run --help)'],
    [['log', '--follow=yes', '42'], '--follow takes no value', '--follow'],
    [['log', '-f=yes', '42'], '-f takes no value', '-f'],
    [['run', '-n', '--', 'x'], '--name needs a value', 'ghost run --name NAME'],
    [['log', '-n'], '--lines needs a value', 'ghost log --lines N'],
    [['log', '-n', '-f', '42'], '--lines needs a value', 'ghost log --lines N'],
    [['log', '-n', '--stderr', '42'], '--lines needs a value', 'ghost log --lines N'],
    [['show'], 'show needs the ID of a task', 'ghost list'],
    [['stop'], 'stop needs the ID of a task or of several', 'ghost list'],
    [['show', '1', '2'], 'show takes one ID; "2" is too much', 'ghost show --help'],
    [['kill', '-9', '1'], 'kill has no option -9', 'ghost kill -s 9 ID'],
    [['kill', '-HUP', '1'], 'kill has no option -HUP', 'ghost kill -s HUP ID'],
    [['kill', '-x', '1'], 'kill has no option -x', 'ghost kill --help'],
    [['rename', '1', 'a', 'b'], 'rename takes one ID and one NAME; "b" is too much', 'ghost rename --help'],
    [['list', '42'], 'list takes options only; "42" is too much', 'ghost list --help'],
    [['help', 'run', 'x'], 'help takes one COMMAND; "x" is too much', 'ghost help --help'],
    [['show', ''], 'show was given an empty word', 'ghost show --help'],
    [['--jsn', 'list'], 'unknown option --jsn before a command', '--json'],
    [['-x'], 'unknown option -x before a command', 'ghost help'],
  ] as const)('ghost %j', ([argv, message, hint]) => {
    const { code, message: said, hint: hinted } = refusal(...argv);
    expect({ code, said, hinted }).toEqual({ code: 'usage', said: message, hinted: hint });
  });
});

test('asking for an option that the command does not have is a bug that shows', () => {
  expect(() => parseCommandLine(['list']).options.has('follow')).toThrow('the command has no option --follow');
});

test('no two options of a command share a spelling, and none hides one that every command has', () => {
  for (const command of commandTable) {
    const spelled = optionsOf(command).flatMap(({ long, short }) => (short === null ? [long] : [long, short]));
    expect(new Set(spelled).size).toBe(spelled.length);
  }
});

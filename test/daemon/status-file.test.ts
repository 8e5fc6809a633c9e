import { describe, expect, test } from 'vitest';

import { outcomeOfShell, outcomeOfWaitStatus, parseStatus } from '../../src/daemon/status-file.ts';

describe('the status file', () => {
  test('is read line by line, in whatever state it is', () => {
    const whole = 'pumps 11 12\nstart 13 4567\n0m0.01s 0m0.02s\n0m1.50s 1m0.25s\nexit 3\n';
    expect(parseStatus(whole)).toEqual({
      pumps: { stdout: 11, stderr: 12 },
      start: { pid: 13, startTime: '4567' },
      aborted: null,
      exitStatus: 3,
      processorTime: { userMs: 1_500, systemMs: 60_250 },
    });
    for (let length = 0; length < whole.length; length += 1) {
      // An exit that is not whole is none: `exit 1` may be the beginning of `exit 143`.
      expect(parseStatus(whole.slice(0, length)).exitStatus).toBeNull();
    }
    expect(parseStatus('pumps 11 12\nstart 13 45').start).toBeNull();
  });

  test('takes a comma for a decimal point, and no processor time where the shell told none', () => {
    const times = '0m0,00s 0m0,00s\n0m0,75s 0m0,125s\n';
    expect(parseStatus(`${times}exit 0\n`).processorTime).toEqual({ userMs: 750, systemMs: 125 });
    expect(parseStatus('exit 0\n')).toMatchObject({ processorTime: null, exitStatus: 0 });
  });

  test('tells why nothing was started', () => {
    expect(parseStatus('abort no-go\n')).toMatchObject({ aborted: 'no-go', start: null, exitStatus: null });
  });
});

describe('the outcome behind 128+n', () => {
  test('is a signal where the shell named one, and an exit code where it said nothing', () => {
    expect(outcomeOfShell(143, { messages: 'Terminated\n' })).toEqual({ kind: 'signaled', signal: 'SIGTERM' });
    expect(outcomeOfShell(143, { messages: '' })).toEqual({ kind: 'exited', code: 143 });
    expect(outcomeOfShell(137, { messages: ' \n' })).toEqual({ kind: 'exited', code: 137 });
    expect(outcomeOfShell(134, { messages: 'Aborted' })).toEqual({ kind: 'signaled', signal: 'SIGABRT' });
    expect(outcomeOfShell(168, { messages: 'Real-time signal 6' })).toEqual({ kind: 'signaled', signal: 'SIGRTMIN+6' });
  });

  test('is a signal for those that shells say nothing of', () => {
    expect(outcomeOfShell(130, { messages: '' })).toEqual({ kind: 'signaled', signal: 'SIGINT' });
    expect(outcomeOfShell(141, { messages: '' })).toEqual({ kind: 'signaled', signal: 'SIGPIPE' });
  });

  test('is an exit code for every number that is no signal’s, whatever the shell says', () => {
    for (const code of [0, 1, 127, 128, 193, 200, 255]) {
      expect(outcomeOfShell(code, { messages: 'something' })).toEqual({ kind: 'exited', code });
    }
  });
});

test('a wait status is read as wait(2) has it, a core dump included', () => {
  expect(outcomeOfWaitStatus(7 << 8)).toEqual({ kind: 'exited', code: 7 });
  expect(outcomeOfWaitStatus(143 << 8)).toEqual({ kind: 'exited', code: 143 });
  expect(outcomeOfWaitStatus(15)).toEqual({ kind: 'signaled', signal: 'SIGTERM' });
  expect(outcomeOfWaitStatus(0x80 | 11)).toEqual({ kind: 'signaled', signal: 'SIGSEGV' });
});

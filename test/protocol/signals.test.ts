import { constants } from 'node:os';

import { describe, expect, it } from 'vitest';

import { isSignalName, parseSignal, signalNames } from '../../src/protocol/signals.ts';

describe('a signal', () => {
  it.each(['SIGHUP', 'HUP', 'hup', 'sighup', 'Hup', '1'])('%s is SIGHUP', (text) => {
    expect(parseSignal(text)).toBe('SIGHUP');
  });

  it('with two names has one over the wire', () => {
    expect(parseSignal('IOT')).toBe('SIGABRT');
    expect(parseSignal(String(constants.signals.SIGABRT))).toBe('SIGABRT');
  });

  it.each(['', '0', '-1', '999', 'SIG', 'SIGSIGHUP', 'NONE', 'hup ', '1.0', '__proto__', '٣'])('%j is none', (text) => {
    expect(() => parseSignal(text)).toThrow(expect.objectContaining({ code: 'usage', field: 'signal' }));
  });

  it('is one over the wire only by its whole name', () => {
    expect(isSignalName('SIGTERM')).toBe(true);
    expect(isSignalName('TERM')).toBe(false);
    expect(isSignalName('15')).toBe(false);
  });

  it('of every name is understood', () => {
    expect(signalNames).toContain('SIGKILL');
    for (const name of signalNames) expect(parseSignal(name)).toBe(name);
  });
});

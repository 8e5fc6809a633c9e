import { constants } from 'node:os';

import { GhostError } from '../ghost-error.ts';

/**
 * The signals of this platform, by number. Where two names share a number (SIGIOT and SIGABRT) the usual one, which
 * Node lists first, stands for both. Real-time signals have no names in Node and are left out.
 */
const namesByNumber = new Map<number, string>();
for (const [name, number] of Object.entries(constants.signals)) {
  if (!namesByNumber.has(number)) namesByNumber.set(number, name);
}

/** SIGRTMIN with glibc and musl: the lower ones are their own. */
const realTimeMin = 34;

/** The names of all signals that can be sent, such as `SIGHUP`, in the order of their numbers. */
export const signalNames: readonly string[] = [...namesByNumber].toSorted(([a], [b]) => a - b).map(([, name]) => name);

/**
 * The signal that a person means by `SIGHUP`, `HUP`, `hup` or `1`, in the form that goes over the wire: `SIGHUP`.
 * @throws GhostError `usage`; the command line adds the nearest name to its hint.
 */
export function parseSignal(text: string): string {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : signalNumber(text);
  const name = number === null ? undefined : namesByNumber.get(number);
  if (name === undefined) {
    throw new GhostError('usage', `${JSON.stringify(text)} is not a signal`, {
      hint: 'a name or a number, such as SIGTERM, TERM or 15',
      field: 'signal',
    });
  }
  return name;
}

/** Whether a text is a signal in the form that goes over the wire. */
export function isSignalName(text: string): boolean {
  return signalNames.includes(text);
}

function signalNumber(text: string): number | null {
  const upper = text.toUpperCase();
  const wanted = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  for (const [name, number] of Object.entries(constants.signals)) {
    if (name === wanted) return number;
  }
  return null;
}

/** The name of a signal's number. Real-time signals have no fixed ones: `SIGRTMIN+6` (signal(7)). */
export function nameOfSignal(number: number): string {
  return namesByNumber.get(number) ?? (number >= realTimeMin ? `SIGRTMIN+${number - realTimeMin}` : `SIG${number}`);
}

/** The number of a signal in the form that goes over the wire. @throws GhostError `invalid-request`. */
export function numberOfSignal(name: string): number {
  const number = signalNumber(name);
  if (number === null) {
    throw new GhostError('invalid-request', `${JSON.stringify(name)} is not a signal`, { field: 'signal' });
  }
  return number;
}

import { closeSync, readFileSync, readdirSync } from 'node:fs';

import { errorCode } from '../error-code.ts';

/** In the `flags` of /proc/PID/fdinfo, octal: the descriptor is closed on exec (open(2)). */
const closeOnExec = 0o2000000;

/**
 * Closes what this process inherited besides its standard streams: a pipe of the caller's that the daemon kept open
 * would leave `$(ghost run …)` waiting for ever, and every task would inherit it too. Node opens all of its own
 * descriptors close-on-exec, so one that is not was inherited. The low numbers (up to the first free one past 15) it
 * marks as well when it starts, inherited or not: those end with the Node that the command line runs in.
 */
export function closeInheritedDescriptors(): void {
  for (const descriptor of inheritedDescriptors()) closeSync(descriptor);
}

function inheritedDescriptors(): readonly number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fdinfo')
    .map(Number)
    .filter((descriptor) => descriptor > 2 && !isClosedOnExec(descriptor));
}

function isClosedOnExec(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1];
    return flags === undefined || (Number.parseInt(flags, 8) & closeOnExec) !== 0;
  } catch (error) {
    // The descriptor that listed the folder is gone by now.
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

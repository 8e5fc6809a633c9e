import { constants } from 'node:os';

/** What an exit code means by custom, told carefully: only the program knows. */
export function codeWords(
  { code, shell }: { readonly code: number; readonly shell: boolean },
  { id }: { readonly id: number },
): string {
  const log = `ghost log --stderr -n 5 ${id}`;
  if (code === 0) return 'It ended by itself, and its exit code 0 says that all went well.';
  if (code === 124) return 'It ended by itself. timeout(1) ends with 124 when the time has run out.';
  if (code === 126 || code === 127) {
    const what = code === 127 ? 'was not found' : 'could not be executed';
    return shell
      ? `It ended by itself. A shell ends with ${code} where a command of its script ${what}; it mostly names it: ${log}`
      : `It ended by itself. By custom ${code} means that a command ${what}; its output may tell: ${log}`;
  }
  const signal = code > 128 && code <= 128 + 64 ? signalNamed(code - 128) : null;
  if (signal !== null) {
    const memory = signal === 'SIGKILL' ? ' (which the kernel also sends when memory runs out)' : '';
    const custom = shell
      ? 'A shell ends so where the last command that it waited for'
      : 'By custom that means that something that it ran';
    return `It ended by itself with ${code}, which is 128 + ${code - 128}. ${custom} was ended by ${signal}${memory}.`;
  }
  return `It ended by itself. What ${code} means only the program knows; its output may tell: ghost log -n 20 ${id}`;
}

/** What a signal says that mostly comes from the program itself; null for one that mostly comes from elsewhere. */
export function signalWords(signal: string): string | null {
  return ownSignals.get(signal) ?? null;
}

const ownSignals: ReadonlyMap<string, string> = new Map([
  ['SIGSEGV', 'it touched memory that is not its own'],
  ['SIGBUS', 'it touched memory that is not there, as of a file that was cut off'],
  ['SIGABRT', 'it gave up (abort), over a fault that it noticed'],
  ['SIGFPE', 'a calculation without a result, as a division by zero'],
  ['SIGILL', 'an instruction that this processor does not have'],
  ['SIGTRAP', 'a trap that no debugger was there to catch'],
  ['SIGSYS', 'a system call that it is not allowed to make'],
  ['SIGPIPE', 'it wrote to a pipe or socket that nobody reads any more'],
  ['SIGALRM', 'an alarm that it had set rang'],
  ['SIGXCPU', 'it used up the processor time that it may have (ulimit -t)'],
  ['SIGXFSZ', 'it wrote a larger file than it may (ulimit -f)'],
]);

function signalNamed(number: number): string | null {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}

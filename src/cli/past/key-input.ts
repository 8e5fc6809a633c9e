import type { KeyInput } from '../command.ts';

const ctrlZ = '\u001a';

/**
 * The keys of the terminal on standard input. In raw mode the terminal no longer makes signals of keys, so that Ctrl-Z
 * is done here: the terminal is given back, the process stops itself, and when it is continued (`fg`) it takes the
 * terminal again, whatever the shell has done with it meanwhile. Node puts the terminal back where the process ends by
 * SIGTERM or in any other way but SIGKILL, after which `stty sane` does.
 */
export function openKeyInput(): KeyInput {
  const { stdin } = process;
  let onKey: (key: string) => void = () => undefined;
  const onData = (keys: string): void => {
    // Keys that were pressed while nobody read come together.
    for (const key of keys) {
      // To the whole group, as the terminal would have: what ghost stands in a pipe with stops as well.
      if (key === ctrlZ) stop(0);
      else onKey(key);
    }
  };
  const take = (): void => {
    // Off first: only then is the mode looked at anew that it is to be put back to.
    stdin.setRawMode(false);
    stdin.setRawMode(true);
  };
  const stop = (pid: number): void => {
    stdin.setRawMode(false);
    process.kill(pid, 'SIGSTOP');
  };
  // `kill -TSTP` from elsewhere.
  const onStop = (): void => stop(process.pid);
  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', take);
  stdin.setEncoding('utf8').on('data', onData);
  take();
  return {
    onKey: (listener) => {
      onKey = listener;
    },
    [Symbol.dispose]: () => {
      process.off('SIGTSTP', onStop).off('SIGCONT', take);
      stdin.off('data', onData).pause();
      stdin.setRawMode(false);
    },
  };
}

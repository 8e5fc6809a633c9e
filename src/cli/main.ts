import { createReadStream } from 'node:fs';
import { isatty } from 'node:tty';

import { callerEnvironment } from '../client/caller.ts';
import { connectClient } from '../client/client.ts';
import type { Doctor } from '../doctor/patient.ts';
import type { ScreenModule } from '../ui/screen-world.ts';
import { systemUserNames } from '../user-names.ts';
import { version } from '../version.ts';
import { readRawArguments } from './argument-bytes.ts';
import { runCli } from './cli.ts';
import type { InterruptSignal, JournalVerifier } from './command.ts';
import { StreamOutput } from './output.ts';

/** The command line's way into the world. Nothing else in src/cli reads the clock or ends the process. */

const interruptSignals: readonly InterruptSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const result = runCli(process.argv.slice(2), {
  stdout: new StreamOutput({ isTerminal: isatty(1), open: () => process.stdout, descriptor: 1 }),
  stderr: new StreamOutput({ isTerminal: isatty(2), open: () => process.stderr, descriptor: 2 }),
  environment: process.env,
  connect: ({ start }) =>
    connectClient({
      program: `ghost-cli ${version}`,
      start,
      loadStarter: () => import('../client/start-daemon.ts'),
    }),
  now: () => Date.now(),
  cwd: () => process.cwd(),
  callerEnvironment,
  rawArguments: readRawArguments,
  openInput: (file) => (file === '-' ? process.stdin : createReadStream(file)),
  onSignal: (listener) => {
    // Not `once`: what the starter of the daemon brings along (signal-exit) ends the process by the signal itself where
    // it finds no other listener, and one that is called once is gone by then.
    for (const signal of interruptSignals) process.on(signal, () => listener(signal));
  },
  users: { nameOf: systemUserNames(), uid: process.getuid?.() ?? null },
  loadVerifier: async () => {
    // As with the daemon below.
    const file = './verify.cjs';
    return (await import(file)) as JournalVerifier;
  },
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  openKeyboard: async () => (isatty(0) ? (await import('./past.ts')).openKeyboard() : null),
  loadDaemon: async () => {
    // Its file lies beside the bundle; a name that the bundler cannot see keeps the daemon out of it.
    const file = './daemon.cjs';
    await import(file);
  },
  stdinIsTerminal: () => isatty(0),
  loadScreen: async () => {
    const file = './ui.cjs';
    // What scripts/build.mjs makes of src/ui/load-screen.ts.
    const { loadScreen } = (await import(file)) as { readonly loadScreen: () => Promise<ScreenModule> };
    const { openScreen } = await loadScreen();
    return async (screen) =>
      await openScreen({
        ...screen,
        stdin: process.stdin,
        stdout: process.stdout,
        exportCast: async (client, what) =>
          await (await import('./past.ts')).exportCast(client, { ...what, nowMs: Date.now() }),
      });
  },
  loadDoctor: async () => {
    const file = './doctor.cjs';
    // What scripts/build.mjs makes of src/doctor/entry.ts.
    return (await import(file)) as Doctor;
  },
});

void result.then((status) => {
  // All output has been taken by now, and the open connection would only keep the process waiting.
  if (status !== 'stays') process.exit(status);
});

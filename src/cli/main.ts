import { createReadStream } from 'node:fs';
import { isatty } from 'node:tty';

import type { Client } from '../client/api.ts';
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
import { commandWord } from './parse.ts';

/** The command line's way into the world. Nothing else in src/cli reads the clock or ends the process. */

const interruptSignals: readonly InterruptSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A command that has taken more of a processor may have code that V8 compiles while it ends; Node's start takes some 50. */
const briefProcessorMs = 150;
/** What keeps the process alive at its end gets so long. */
const lingerMs = 200;
const clients: Client[] = [];
const drawsScreen = ['ui', undefined].includes(commandWord(process.argv.slice(2)));

const stderr = new StreamOutput({ isTerminal: isatty(2), open: () => process.stderr, descriptor: 2 });

const result = runCli(process.argv.slice(2), {
  stdout: new StreamOutput({ isTerminal: isatty(1), open: () => process.stdout, descriptor: 1 }),
  stderr,
  environment: process.env,
  connect: async ({ start }) => {
    const client = await connectClient({
      program: `ghost-cli ${version}`,
      start,
      loadStarter: async () => {
        const starter = await import('../client/start-daemon.ts');
        // Where the screen is drawn there is no place for a line.
        if (drawsScreen) return starter;
        return starter.tellingStarter({ isTerminal: isatty(2), write: (text) => process.stderr.write(text) });
      },
      onVersionNews: async (news) => {
        const { versionSentence } = await import('./rare.ts');
        if (!drawsScreen) await stderr.write(`ghost: ${versionSentence(news)}\n`);
      },
    });
    clients.push(client);
    return client;
  },
  now: () => Date.now(),
  cwd: () => process.cwd(),
  callerEnvironment,
  rawArguments: readRawArguments,
  openInput: (file) => (file === '-' ? process.stdin : bytesOf(file)),
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
  openKeyInput: async () => (isatty(0) ? (await import('./past.ts')).openKeyInput() : null),
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

void result.then(async (status) => {
  if (status === 'stays') return;
  // All output has been taken by now, and the open connection would only keep the process waiting.
  const { user, system } = process.cpuUsage();
  if ((user + system) / 1000 < briefProcessorMs) process.exit(status);
  // process.exit waits for V8's compilers without serving them, and one that wants the heap collected first waits for the
  // main thread: seen with Node 24.21 at the end of a long `log -g` and of a `run -f` of 300 MB, for ever. An end in order
  // has no such knot, and costs a few milliseconds, which a brief command saves.
  process.exitCode = status;
  setTimeout(() => process.exit(status), lingerMs).unref();
  await Promise.all(clients.map((client) => client.close()));
});

/** Opened when it is first read from: a stream that fails before somebody reads it would end the process. */
async function* bytesOf(file: string): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { type Figure, type Stage, interleave } from '../figure.ts';
import { against, alone, atMost } from '../rows.ts';
import { type BenchHome, idleNode } from '../support/bench-home.ts';
import { shareOfCore } from '../support/process-figures.ts';

const patienceMs = 30_000;
const followedSeconds = 5;
/** Ten thousand lines a second, in a hundred pieces. */
const chatter =
  'let line = 0; setInterval(() => { let text = ""; ' +
  'for (let i = 0; i < 100; i += 1) text += `line ${line++} of a task that has much to say\\n`; ' +
  'process.stdout.write(text); }, 10);';

/** The screen in a terminal of its own: script(1) gives it one. */
export const figures: readonly Figure[] = [
  {
    name: 'screen-frame',
    what: 'ghost ui to its first whole frame, 50 tasks, daemon up, against node -e 0',
    measure: async (stage) => {
      const script = scriptOf(stage);
      if (script === null) return [];
      const home = stage.home();
      const client = await home.client();
      await Promise.all(Array.from({ length: 50 }, () => client.run(home.task(['true']))));
      await client.wait([]);
      const values = await interleave(
        {
          frame: async () => {
            const began = performance.now();
            await using screen = new Screen(home, script);
            // The table is drawn after its frame.
            await screen.shows(/exited/);
            return performance.now() - began;
          },
          node: idleNode,
        },
        { rounds: stage.rounds(10) },
      );
      return [against('first frame of the screen', values.frame, { values: values.node, ratioMost: 10 })];
    },
  },
  {
    name: 'screen-follow',
    what: 'the screen that follows a task of 10,000 lines a second: its processor time',
    measure: async (stage) => {
      const script = scriptOf(stage);
      if (script === null) return [];
      const home = stage.home();
      const client = await home.client();
      await client.run(home.task([process.execPath, '-e', chatter]));
      await using screen = new Screen(home, script);
      await screen.shows(/running/);
      screen.press('\r');
      await screen.shows(/much to say/);
      const pid = screen.pid();
      const shares: number[] = [];
      for (let round = 0; round < stage.rounds(3); round += 1) {
        shares.push((await shareOfCore(pid, () => delay(followedSeconds * 1_000))).percent);
      }
      return [alone('the screen beside 10,000 lines/s, of one core', shares, { unit: '%', bar: atMost('median', 30) })];
    },
  },
];

function scriptOf(stage: Stage): string | null {
  const script = stage.peers.find('script');
  if (script === null) stage.leaveOut('the screen', stage.peers.why('script'));
  return script;
}

/** `ghost ui` at a terminal of 40 lines, and what it has drawn. */
class Screen implements AsyncDisposable {
  readonly #script: ChildProcess;
  #drawn = '';

  constructor(home: BenchHome, script: string) {
    const words = home.command(['ui']).map((word) => `'${word}'`);
    const command = `stty rows 40 columns 120; exec ${words.join(' ')}`;
    this.#script = spawn(script, ['-qfec', command, '/dev/null'], {
      env: { ...home.env, TERM: 'xterm-256color', SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#script.stdout
      ?.setEncoding('latin1')
      .on('data', (text: string) => (this.#drawn = (this.#drawn + text).slice(-65_536)));
  }

  /** Settles when something has been drawn. @throws where it is not, for half a minute. */
  async shows(wanted: RegExp): Promise<void> {
    const stdout = this.#script.stdout;
    if (stdout === null) throw new Error('it has a pipe');
    const signal = AbortSignal.timeout(patienceMs);
    while (!wanted.test(this.#drawn)) await once(stdout, 'data', { signal });
  }

  press(keys: string): void {
    this.#script.stdin?.write(keys);
  }

  /** The process of the screen: script's child, which the shell became. */
  pid(): number {
    const { pid } = this.#script;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
    return Number(children[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#script.exitCode !== null) return;
    const ended = once(this.#script, 'exit');
    this.press('q');
    await ended;
  }
}

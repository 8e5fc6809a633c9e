import type { DataOf, ProcessIdentity, StreamName } from '../journal/events.ts';
import { spawnPump } from './spawn.ts';
import type { ShimStatus } from './status-file.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { TaskFolder } from './task-folder.ts';

const streams = ['stdout', 'stderr'] as const;

type PumpsContext = Pick<SupervisionContext, 'processes' | 'tools' | 'reserve' | 'log'>;

/** The two pumps of a task, as its shim has noted them or a daemon has put them in since. */
export class Pumps {
  readonly #context: PumpsContext;
  readonly #folder: TaskFolder;
  readonly #shim: ProcessIdentity;
  #pids: { readonly [S in StreamName]: number } | null = null;

  constructor(context: PumpsContext, { folder, shim }: { folder: TaskFolder; shim: ProcessIdentity }) {
    this.#context = context;
    this.#folder = folder;
    this.#shim = shim;
  }

  /** Takes what the shim has noted of them, the first time that it has. */
  learn({ pumps }: ShimStatus): void {
    if (this.#pids !== null || pumps === null) return;
    const { stdout, stderr } = pumps;
    // An earlier daemon may have replaced one.
    this.#pids = {
      stdout: this.#folder.replacedPump('stdout') ?? stdout,
      stderr: this.#folder.replacedPump('stderr') ?? stderr,
    };
  }

  /** Whether one of them is alive. */
  areAlive(): boolean {
    return this.#pids !== null && Object.values(this.#pids).some((pid) => this.#isPump(pid));
  }

  /** Whether neither has anything in hand nor, as `isEmpty` tells, in its pipe: each is gone or sleeps. */
  areIdle(isEmpty: (stream: StreamName) => boolean): boolean {
    return streams.every((stream) => {
      const entry = this.#pids === null ? null : this.#context.processes.look(this.#pids[stream]);
      return entry === null || (entry.sleeping && isEmpty(stream));
    });
  }

  /** Whether one that is known is gone: of a thousand tasks that run, hardly one has lost any. */
  isOneMissing(): boolean {
    return this.#pids !== null && !Object.values(this.#pids).every((pid) => this.#isPump(pid));
  }

  /**
   * Puts a new one into the place of each that is gone. Not on a full disk: that ends a pump, and what it holds is lost;
   * the next one would only lose more, so that until then the task waits.
   * @param stillNeeded is asked once more after the task's shim could know of the new one (spawn.ts).
   * @returns the streams that have a new pump, and its pid.
   */
  replaceMissing(stillNeeded: () => boolean): readonly { readonly stream: StreamName; readonly pid: number }[] {
    if (this.#context.reserve.isShort()) return [];
    return streams.flatMap((stream) => {
      if (this.#pids === null || this.#isPump(this.#pids[stream])) return [];
      // One that a daemon put in just before it was killed, and that has said so since.
      const known = this.#folder.replacedPump(stream);
      if (known !== null && this.#isPump(known)) {
        this.#pids = { ...this.#pids, [stream]: known };
        return [];
      }
      const pid = this.#spawn(stream, stillNeeded);
      if (pid === null) return [];
      this.#pids = { ...this.#pids, [stream]: pid };
      return [{ stream, pid }];
    });
  }

  #spawn(stream: StreamName, stillNeeded: () => boolean): number | null {
    try {
      return spawnPump(stream, { tools: this.#context.tools, folder: this.#folder, stillNeeded });
    } catch (error) {
      // No more processes or descriptors, say: the next look tries again.
      this.#context.log.error('a pump is gone and could not be replaced', { stream, error: String(error) });
      return null;
    }
  }

  /** A pump is in its shim's session; one that a daemon put in leads its own. */
  #isPump(pid: number): boolean {
    const entry = this.#context.processes.look(pid);
    return entry !== null && (entry.session === this.#shim.pid || entry.session === pid);
  }
}

/** What is recorded of each that was put in, by a daemon or by the shim at the end. */
export function pumpRestarted(
  stream: StreamName,
  attempt: number,
): { readonly type: 'PumpRestarted'; readonly data: DataOf<'PumpRestarted'> } {
  return { type: 'PumpRestarted', data: { attempt, stream } };
}

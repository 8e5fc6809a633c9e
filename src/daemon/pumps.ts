import type { DataOf, ProcessIdentity, StreamName } from '../journal/events.ts';
import { streamNames } from '../stream-names.ts';
import type { ProcessEntry } from './process-table.ts';
import { spawnPump } from './spawn.ts';
import type { ShimStatus } from './status-file.ts';
import type { SupervisionContext } from './supervision-context.ts';
import type { TaskFolder } from './task-folder.ts';

/** What tells a pump from whoever has its pid after it. */
interface Pump {
  readonly pid: number;
  /** Its shim's, where that started it; one that a daemon put in leads its own. */
  readonly session: number;
  /** In clock ticks since boot; null where it is not known, and the session must do. */
  readonly startTime: string | null;
}

type PumpsContext = Pick<SupervisionContext, 'processes' | 'tools' | 'reserve' | 'log'>;

/** The two pumps of a task, as its shim has noted them or a daemon has put them in since. */
export class Pumps {
  readonly #context: PumpsContext;
  readonly #folder: TaskFolder;
  readonly #shim: ProcessIdentity;
  #pumps: { readonly [S in StreamName]: Pump } | null = null;

  constructor(context: PumpsContext, { folder, shim }: { folder: TaskFolder; shim: ProcessIdentity }) {
    this.#context = context;
    this.#folder = folder;
    this.#shim = shim;
  }

  /** Takes what the shim has noted of them, the first time that it has. */
  learn({ pumps }: ShimStatus): void {
    if (this.#pumps !== null || pumps === null) return;
    // An earlier daemon may have replaced one. Nobody else is in a shim's session, whose number is taken while one is.
    const pumpOf = (stream: StreamName): Pump =>
      this.#replaced(stream) ?? { pid: pumps[stream], session: this.#shim.pid, startTime: null };
    this.#pumps = { stdout: pumpOf('stdout'), stderr: pumpOf('stderr') };
  }

  /** Whether one of them is alive. */
  areAlive(): boolean {
    return this.#pumps !== null && Object.values(this.#pumps).some((pump) => this.#look(pump) !== null);
  }

  /** Whether neither has anything in hand nor, as `isEmpty` tells, in its pipe: each is gone or sleeps. */
  areIdle(isEmpty: (stream: StreamName) => boolean): boolean {
    return streamNames.every((stream) => {
      const entry = this.#pumps === null ? null : this.#look(this.#pumps[stream]);
      return entry === null || (entry.sleeping && isEmpty(stream));
    });
  }

  /** Whether one that is known is gone: of a thousand tasks that run, hardly one has lost any. */
  isOneMissing(): boolean {
    return this.#pumps !== null && Object.values(this.#pumps).some((pump) => this.#look(pump) === null);
  }

  /**
   * Puts a new one into the place of each that is gone. Not on a full disk: that ends a pump, and what it holds is lost;
   * the next one would only lose more, so that until then the task waits.
   * @param stillNeeded is asked once more after the task's shim could know of the new one (spawn.ts).
   * @returns the streams that have a new pump, and its pid.
   */
  replaceMissing(stillNeeded: () => boolean): readonly { readonly stream: StreamName; readonly pid: number }[] {
    if (this.#context.reserve.isShort()) return [];
    return streamNames.flatMap((stream) => {
      if (this.#pumps === null || this.#look(this.#pumps[stream]) !== null) return [];
      // One that a daemon put in just before it was killed, and that has said so since.
      const known = this.#replaced(stream);
      if (known !== null && this.#look(known) !== null) {
        this.#pumps = { ...this.#pumps, [stream]: known };
        return [];
      }
      const pid = this.#spawn(stream, stillNeeded);
      if (pid === null) return [];
      this.#pumps = { ...this.#pumps, [stream]: { pid, session: pid, startTime: this.#startTimeOf(pid) } };
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

  /** Of a child that this very turn started, and that can thus be nobody else. One that has ended already never matches. */
  #startTimeOf(pid: number): string | null {
    try {
      return this.#context.processes.look(pid)?.identity.startTime ?? '';
    } catch (error) {
      this.#context.log.warn('a pump that was put in could not be looked at', { pid, error: String(error) });
      return null;
    }
  }

  #replaced(stream: StreamName): Pump | null {
    const noted = this.#folder.replacedPump(stream);
    return noted === null ? null : { ...noted, session: noted.pid };
  }

  /** The process of a pump, or null where it is gone, whoever has its pid now. */
  #look({ pid, session, startTime }: Pump): ProcessEntry | null {
    const entry = this.#context.processes.look(pid);
    if (entry?.session !== session) return null;
    return startTime === null || startTime === entry.identity.startTime ? entry : null;
  }
}

/** What is recorded of each that was put in, by a daemon or by the shim at the end. */
export function pumpRestarted(
  stream: StreamName,
  attempt: number,
): { readonly type: 'PumpRestarted'; readonly data: DataOf<'PumpRestarted'> } {
  return { type: 'PumpRestarted', data: { attempt, stream } };
}

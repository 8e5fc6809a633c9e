import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';

/** What a player makes of a recording. Times are in seconds. */
interface PlayedCast {
  readonly cols: number;
  readonly rows: number;
  readonly duration: number;
  readonly markers: readonly (readonly [time: number, label: string])[];
  /** All that would have been written to the terminal by the end. */
  readonly output: string;
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly params?: { readonly name: string; readonly event: unknown };
}

type Sandbox = { onmessage: ((event: { readonly data: unknown }) => Promise<void>) | null } & Record<string, unknown>;

/**
 * Plays a recording with asciinema's own web player: the part of it that it runs in a worker, which knows no DOM, made
 * for a page that talks to it by messages. It is the format's first home, and shares no line with ghost.
 */
export async function playCast(cast: string): Promise<PlayedCast> {
  const worker = createRequire(import.meta.url).resolve('asciinema-player/dist/bundle/asciinema-player-worker.min.js');
  const waiting = new Map<number, (message: Message) => void>();
  const events = new Map<string, unknown[]>();
  const sandbox: Sandbox = {
    Response,
    TextDecoder,
    performance,
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    console,
    onmessage: null,
    postMessage: (message: Message) => {
      if (message.params !== undefined) events.get(message.params.name)?.push(message.params.event);
      if (message.id !== undefined) waiting.get(message.id)?.(message);
    },
  };
  runInContext(readFileSync(worker, 'utf8'), createContext(sandbox));
  const ask = async (id: number, method: string, params?: unknown): Promise<unknown> => {
    const answered = new Promise<Message>((resolve) => waiting.set(id, resolve));
    await sandbox.onmessage?.({ data: { id, method, params } });
    const { result, error } = await answered;
    if (error !== undefined) throw new Error(`the player: ${error.message}`);
    return result;
  };
  await ask(0, 'new', [{ data: cast }, { speed: 1, preload: true }]);
  const names = ['metadata', 'output', 'reset', 'error'];
  for (const [place, name] of names.entries()) {
    events.set(name, []);
    await ask(1 + place, 'addEventListener', [name]);
  }
  await ask(10, 'terminalReady');
  await ask(11, 'init');
  const metadata = events.get('metadata')?.[0] as Pick<PlayedCast, 'duration' | 'markers'> | undefined;
  const size = (events.get('reset')?.[0] as { readonly size: Pick<PlayedCast, 'cols' | 'rows'> } | undefined)?.size;
  events.set('output', []);
  await ask(12, 'seek', '100%');
  const output = (events.get('output') ?? []).flat().join('');
  await ask(13, 'stop');
  if (metadata === undefined || size === undefined) throw new Error('the player could not read the recording');
  return { cols: size.cols, rows: size.rows, duration: metadata.duration, markers: metadata.markers, output };
}

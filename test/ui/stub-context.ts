import type { Client } from '../../src/client/api.ts';
import type { ScreenContext } from '../../src/ui/screen-context.ts';
import type { ScreenStore } from '../../src/ui/screen-store.ts';

interface StubContext extends ScreenContext {
  /** What was said by toasts, in order. */
  readonly said: string[];
  /** What was written to the terminal without drawing, in order. */
  readonly sequences: string[];
}

/** What a part of the screen works with, of which only what a test gives is there. */
export function stubContext(
  store: ScreenStore,
  {
    client,
    noticed = () => false,
    world = {},
  }: Partial<Pick<ScreenContext, 'client' | 'noticed'>> & { readonly world?: Partial<ScreenContext['world']> } = {},
): StubContext {
  const nothing = (): never => {
    throw new Error('this was not expected to be asked for');
  };
  const said: string[] = [];
  const sequences: string[] = [];
  return {
    world: {
      now: nothing,
      cwd: nothing,
      environment: {},
      colour: false,
      exportCast: nothing,
      users: { nameOf: nothing, uid: null },
      ...world,
    },
    store,
    client: client ?? nothing,
    noticed,
    toast: (text) => said.push(text),
    signalTerminal: (sequence) => sequences.push(sequence),
    said,
    sequences,
  };
}

/** A client that can do no more than the test says. */
export function stubClient(methods: Partial<Client>): Client {
  return methods as Client;
}

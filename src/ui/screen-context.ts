import type { Client } from '../client/api.ts';
import { messageOf } from '../error-message.ts';
import { visible } from '../words/visible.ts';
import type { ScreenStore } from './screen-store.ts';
import type { ScreenWorld } from './screen-world.ts';

/** What those who do things for the screen work with. */
export interface ScreenContext {
  readonly world: Pick<ScreenWorld, 'now' | 'cwd' | 'environment' | 'colour' | 'exportCast' | 'users'>;
  readonly store: ScreenStore;
  /** The connection that there is. @throws GhostError `connection-lost` where there is none. */
  readonly client: () => Client;
  /** Something asked in vain: whether that is because the connection is gone, which is shown then. */
  readonly noticed: (error: unknown) => boolean;
  /** Says something that goes away by itself. */
  readonly toast: (text: string, tone?: 'good' | 'bad') => void;
  /** Writes to the terminal what draws nothing: a bell, a text for the clipboard. */
  readonly signalTerminal: (sequence: string) => void;
}

/** What went wrong in one sentence that can be drawn; what to type next is for the command line. */
export function sayWhy(error: unknown): string {
  return visible(messageOf(error));
}

import { signalNames } from '../protocol/signals.ts';
import { nearest } from './nearest.ts';

/** The signal whose name is most like a text, as people type it (`HUP`); null where none is like it. */
export function nearestSignal(text: string): string | null {
  const bare = (name: string): string => name.toLowerCase().replace(/^sig/, '');
  return nearest(bare(text), signalNames.map(bare))?.toUpperCase() ?? null;
}

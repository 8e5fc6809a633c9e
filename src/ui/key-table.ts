import type { KeyAction, KeyBinding, Place } from './key-binding.ts';
import { lookKeys } from './look-keys.ts';
import { workKeys } from './work-keys.ts';

/**
 * Every key of the screen: what it does, what the help says of it, and where it works. Keys are looked up here and the
 * help is drawn from here, so that it cannot be wrong.
 */

export const keyTable: readonly KeyBinding[] = [...workKeys, ...lookKeys];

/** The keys of dialogs and prompts, where letters are typed. */
export const dialogKeys: readonly { readonly shown: string; readonly help: string }[] = [
  { shown: 'Enter', help: 'do it' },
  { shown: 'Esc', help: 'leave it' },
  { shown: 'Tab', help: 'to the next field' },
  { shown: '↑ ↓', help: 'in the command: what was run before' },
  { shown: 'y n', help: 'answer a question' },
];

/** What a key does in a place, or null. */
export function actionFor(key: string, place: Place): KeyAction | null {
  return keyTable.find(({ keys, places }) => keys.includes(key) && places.includes(place))?.action ?? null;
}

/** What the line at the bottom shows for a place. */
export function hintsFor(place: Place): readonly { readonly shown: string; readonly hint: string }[] {
  return keyTable.flatMap(({ shown, hint, places }) =>
    hint === null || !places.includes(place) ? [] : [{ shown: shown.split(' ')[0] ?? shown, hint }],
  );
}

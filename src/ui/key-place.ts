import type { Place } from './key-binding.ts';
import type { ScreenState } from './screen-state.ts';

/** Where keys go now, as long as no dialog is open. */
export function placeOfKeys({
  connection,
  page,
  past,
  focus,
}: Pick<ScreenState, 'connection' | 'page' | 'past' | 'focus'>): Place {
  if (connection.kind === 'lost') return 'lost';
  if (page !== null) return page.kind === 'history' ? 'history' : 'page';
  return past === null ? focus : `past-${focus}`;
}

import type { RowOptions } from './log-rows.ts';
import type { Anchor } from './log-scroll.ts';
import { screenLayout } from './screen-layout.ts';
import type { ScreenState } from './screen-state.ts';

/** How the log pane lays out its lines, for drawing it and for scrolling in it alike. */
export function paneRows(
  state: ScreenState,
  { colour }: { readonly colour: boolean },
): { readonly anchor: Anchor | null; readonly height: number; readonly options: RowOptions } {
  const { inner, log: height } = screenLayout(state);
  const { wrap, times, anchor, search } = state.log;
  return {
    anchor,
    height,
    options: { columns: inner, wrap, times, pattern: search?.hits.search.pattern ?? null, colour },
  };
}

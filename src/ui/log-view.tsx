import type { ReactElement } from 'react';

import { wrapText } from './cells.ts';
import { Framed, type FramedLine, framedLine } from './framed.tsx';
import { isHit } from './log-hits.ts';
import { seenRows } from './log-scroll.ts';
import { placeOf } from './log-window.ts';
import { paneRows } from './pane-rows.ts';
import { screenLayout } from './screen-layout.ts';
import { logTitle } from './screen-lines.ts';
import type { ScreenState } from './screen-state.ts';
import { dimmedTheme, type Theme } from './theme.ts';

/** The log pane: the rows that are seen, and nothing more is looked at. */
export function LogView({
  state,
  theme,
  colour,
}: {
  readonly state: ScreenState;
  readonly theme: Theme;
  readonly colour: boolean;
}): ReactElement {
  const { columns, log: height } = screenLayout(state);
  return (
    <Framed
      title={logTitle(state)}
      lines={logLines(state, { theme, colour })}
      height={height}
      width={columns}
      theme={theme}
      focused={state.focus === 'log' && state.page === null}
    />
  );
}

function logLines(
  state: ScreenState,
  { theme, colour }: { readonly theme: Theme; readonly colour: boolean },
): readonly FramedLine[] {
  const { inner } = screenLayout(state);
  const { log } = state;
  const faint = { columns: inner, paint: theme.faint };
  if (log.problem !== null) {
    const bad = { columns: inner, paint: theme.bad };
    return wrapText(log.problem, inner).map((line, place) => framedLine(`problem-${place}`, line, bad));
  }
  if (log.task === null) return [framedLine('none', 'the log of the selected task is shown here', faint)];
  if (log.window.lines.length === 0) {
    const nothing = log.busy ? 'reading…' : log.reason === 'running' ? 'nothing written yet' : 'it wrote nothing';
    return [framedLine('nothing', nothing, faint)];
  }
  const { search } = log;
  const hit = search === null || search.current === null ? null : search.hits.hit(search.current);
  const rows = seenRows(log.window, paneRows(state, { colour: colour && theme !== dimmedTheme }));
  return rows.map(({ text, columns, line }, row) => {
    const isCurrent = hit !== null && isHit(line, hit) && rows[row - 1]?.line !== line;
    const shown = theme === dimmedTheme ? theme.faint(text) : text;
    // What was found is inverted wherever it is seen; the hit that is stood on has a sign besides.
    const key = `${placeOf(line)}-${row}`;
    return { key, text: shown, columns, ...(isCurrent ? { sign: '›' } : {}) };
  });
}

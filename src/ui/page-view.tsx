import type { ReactElement } from 'react';

import { Framed, framedLine } from './framed.tsx';
import { historyLines, historyTitle } from './history-lines.ts';
import { type PageLine, pageLinesOf } from './page-lines.ts';
import { screenLayout } from './screen-layout.ts';
import type { ScreenState } from './screen-state.ts';
import type { Theme } from './theme.ts';

/** The page that lies over table and log, in their place. */
export function PageView({
  state,
  theme,
}: {
  readonly state: ScreenState;
  readonly theme: Theme;
}): ReactElement | null {
  const { page } = state;
  if (page === null) return null;
  const { columns, page: height, inner } = screenLayout(state);
  const frame = { height, width: columns, theme, focused: true };
  if (page.kind === 'history') {
    return <Framed title={historyTitle(page)} lines={historyLines(page, { inner, height, theme })} {...frame} />;
  }
  const lines = pageLinesOf(state);
  const top = page.top ?? Math.max(0, lines.length - height);
  const shown = lines
    .slice(top, top + height)
    .map(({ text, tone }, row) => framedLine(`${top + row}`, text, { columns: inner, paint: paintOf(tone, theme) }));
  const more = lines.length > height ? ` · ${Math.min(lines.length, top + height)}/${lines.length}` : '';
  const title = {
    help: 'Keys',
    details: page.kind === 'details' ? `Task ${page.task}` : '',
    audit: page.top === null ? 'Audit (follow)' : 'Audit',
  }[page.kind];
  return <Framed title={`${title}${more}`} lines={shown} {...frame} />;
}

function paintOf(tone: PageLine['tone'], theme: Theme): (text: string) => string {
  switch (tone) {
    case 'heading':
      return theme.strong;
    case 'faint':
      return theme.faint;
    case 'bad':
      return theme.bad;
    case 'plain':
      return theme.plain;
  }
}

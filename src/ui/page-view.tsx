import type { ReactElement } from 'react';

import { visible } from '../words/visible.ts';
import { Framed, type FramedLine, framedLine } from './framed.tsx';
import { type PageLine, pageLinesOf } from './page-lines.ts';
import { screenLayout } from './screen-layout.ts';
import { historyLine } from './screen-lines.ts';
import type { HistoryPage, ScreenState } from './screen-state.ts';
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

function historyTitle({ filter, tasks, complete, busy, selected }: HistoryPage): string {
  const found = filter.text === '' ? '' : ` · ${visible(filter.text)}`;
  const count = complete ? String(tasks.length) : `${tasks.length}+`;
  const where = tasks.length === 0 ? '' : ` ${selected + 1}/${count}`;
  return `History${where}${found}${busy ? ' …' : ''}`;
}

function historyLines(
  { tasks, selected, top, problem, busy }: HistoryPage,
  { inner, height, theme }: { readonly inner: number; readonly height: number; readonly theme: Theme },
): readonly FramedLine[] {
  if (problem !== null) return [framedLine('problem', problem, { columns: inner, paint: theme.bad })];
  if (tasks.length === 0 && !busy) {
    return [framedLine('none', 'no task fits', { columns: inner, paint: theme.faint })];
  }
  const wide = inner >= 74;
  const titles = framedLine('titles', `    ID  State    ${wide ? 'Exit      Started              ' : ''}Command`, {
    columns: inner,
    paint: theme.strong,
  });
  const rows = tasks.slice(top, top + height - 1).map((task, row) => {
    const isSelected = top + row === selected;
    const paint = isSelected ? theme.selected : (text: string) => theme.state(task.state, text);
    return framedLine(`${task.id}`, `${isSelected ? '›' : ' '}${historyLine(task, inner - 1)}`, {
      columns: inner,
      paint,
    });
  });
  return [titles, ...rows];
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

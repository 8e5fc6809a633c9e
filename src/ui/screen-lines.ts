import { byteText } from '../words/byte-text.ts';
import { eventSentence } from '../words/event-sentence.ts';
import { clockTime, exactClockTime, fullTime } from '../words/time-text.ts';
import { visible } from '../words/visible.ts';
import { fit, widthOf } from './cells.ts';
import { placeOfKeys } from './key-place.ts';
import { hintsFor } from './key-table.ts';
import { countsOf } from './known-tasks.ts';
import { screenLayout } from './screen-layout.ts';
import { noFilter, type Past, type ScreenState } from './screen-state.ts';
import { tableRows } from './table-rows.ts';
import type { Theme } from './theme.ts';

/** The lines of the screen that are neither table nor log. Each is exactly as wide as the screen. */

/** The first line: how many tasks are in which state, and what time it is, or was. */
export function headerLine(state: ScreenState, theme: Theme): string {
  const { columns } = screenLayout(state);
  const all = tableRows({ ...state, filter: noFilter });
  const counts = countsOf(all).filter(({ state: word, count }) => count > 0 || word === 'running');
  const time = state.past === null ? clockTime(state.nowMs) : fullTime(state.past.atMs);
  const right = state.past === null ? ` ${time} ` : ` PAST ${time} `;
  const title = ' ghost ';
  let left = columns - widthOf(right) - widthOf(title);
  const words: string[] = [];
  for (const { state: word, count } of counts) {
    const text = `${count} ${word}  `;
    if (widthOf(text) > left) break;
    left -= widthOf(text);
    words.push(theme.state(word, text));
  }
  const clock = state.past === null ? theme.faint(right) : theme.selected(right);
  return `${theme.strong(title)}${words.join('')}${' '.repeat(Math.max(0, left))}${clock}`;
}

/** The title of the table's frame. */
export function tableTitle(state: ScreenState): string {
  const { filter, marked } = state;
  const rows = tableRows(state);
  const place = rows.findIndex(({ id }) => id === state.selected) + 1;
  const where = rows.length === 0 ? '' : ` ${place}/${rows.length}`;
  const found = filter.terms === null ? '' : ` · filter: ${visible(filter.text)}`;
  const chosen = marked.size === 0 ? '' : ` · ${marked.size} marked`;
  return `Tasks${where}${found}${chosen}`;
}

/** The title of the log's frame: whose it is, whether it is followed, what is looked for. */
export function logTitle(state: ScreenState): string {
  const { log, past } = state;
  if (log.task === null) return 'Log';
  const how = past === null ? followWord(state) : ' (as it was)';
  const problem = log.busy ? ' …' : '';
  const { search } = log;
  const place = search?.current === null || search?.current === undefined ? '' : `${search.current + 1} of `;
  const hits =
    search === null
      ? ''
      : ` · /${visible(search.text)} ${place}${search.hits.count}${search.hits.complete ? '' : ` … ${byteText(search.hits.bytes)}`}`;
  return `Log of ${log.task}${how}${problem}${hits}`;
}

function followWord({ log }: ScreenState): string {
  if (log.reason === 'complete') return log.follow ? ' (follow: complete)' : ' (complete)';
  if (log.reason === 'ended') return log.follow ? ' (follow: ended, output held open)' : ' (ended, output held open)';
  if (log.follow) return ' (follow)';
  if (log.missed === null) return ' · many new lines';
  if (log.missed > 0) return ` · ${log.missed} new ${log.missed === 1 ? 'line' : 'lines'}`;
  return '';
}

/** The last line: the keys that mean something here. */
export function footerLine(state: ScreenState, theme: Theme): string {
  const { columns } = screenLayout(state);
  const hints = hintsFor(placeOfKeys(state));
  const essential = new Set(['?', 'q']);
  let left = columns - 1 - hints.reduce((sum, one) => sum + (essential.has(one.shown) ? widthOfHint(one) : 0), 0);
  const shown = hints.filter((one) => {
    if (essential.has(one.shown)) return true;
    left -= widthOfHint(one);
    return left >= 0;
  });
  const used = shown.reduce((sum, one) => sum + widthOfHint(one), 1);
  const words = shown.map(({ shown, hint }) => `${theme.strong(shown)} ${theme.faint(hint)}  `).join('');
  return ` ${words}${' '.repeat(Math.max(0, columns - used))}`;
}

/** The ruler of the past and, as far as there is room, the events around the moment under it. */
export function rulerLines(state: ScreenState, theme: Theme): readonly string[] {
  const { past, present } = state;
  const { columns, ruler } = screenLayout(state);
  if (past === null) return [];
  const how = past.playing ? `▶ ×${past.speed}` : past.busy ? '…' : `‖ ×${past.speed}`;
  const left = ` seq ${past.known.seq} of ${present.seq} `;
  const right = ` ${how} `;
  const axis = rulerAxis(past, columns - widthOf(left) - widthOf(right));
  const at = past.events.findLastIndex(({ seq }) => seq <= past.known.seq);
  const rows = ruler - 1;
  const first = Math.max(0, Math.min(at - Math.floor((rows - 1) / 2), past.events.length - rows));
  const events = Array.from({ length: rows }, (_, row) => {
    const event = past.events[first + row];
    if (event === undefined) return ' '.repeat(columns);
    const task = event.task === null ? '' : `task ${event.task} `;
    const sign = first + row === at ? '▸' : ' ';
    const text = fit(` ${sign} ${exactClockTime(event.at / 1000)}  ${task}${eventSentence(event)}`, columns);
    return first + row === at ? theme.strong(text) : theme.faint(text);
  });
  return [`${theme.past(left)}${theme.past(axis)}${theme.strong(right)}`, ...events];
}

/** The time from the first event that is held to the last: events as marks, the moment as a caret. */
function rulerAxis({ events, known }: Past, columns: number): string {
  const width = Math.max(3, columns - 2);
  const first = events[0]?.at ?? 0;
  const span = Math.max(1, (events.at(-1)?.at ?? 0) - first);
  const cells = Array.from({ length: width }, () => '─');
  const cellOf = (at: number): number => Math.min(width - 1, Math.floor(((at - first) / span) * width));
  for (const { at } of events) cells[cellOf(at)] = '┴';
  const here = events.findLast(({ seq }) => seq <= known.seq);
  if (here !== undefined) cells[cellOf(here.at)] = '●';
  return `├${cells.join('')}┤`;
}

/** What to do where there are no tasks. */
export function emptyLine({ connection, filter, past }: ScreenState): string {
  if (connection.kind === 'connecting') return 'connecting…';
  if (filter.terms !== null) return 'no task fits the filter; Esc clears it';
  return past === null ? 'no tasks to show: r runs a command' : 'no tasks yet, then';
}

function widthOfHint({ shown, hint }: { readonly shown: string; readonly hint: string }): number {
  return widthOf(shown) + 1 + widthOf(hint) + 2;
}

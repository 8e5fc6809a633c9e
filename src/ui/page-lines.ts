import type { JournalEvent } from '../journal/events.ts';
import type { TaskDetail } from '../protocol/answers.ts';
import { quoteCommand } from '../shell-quote.ts';
import { byteText } from '../words/byte-text.ts';
import { actorWords, eventSentence } from '../words/event-sentence.ts';
import { exactClockTime, fullTime, tookText } from '../words/time-text.ts';
import { visible } from '../words/visible.ts';
import { cut, fit, widthOf, wrapText } from './cells.ts';
import { keyGroups } from './key-binding.ts';
import { dialogKeys, keyTable } from './key-table.ts';
import { screenLayout } from './screen-layout.ts';
import type { ScreenState } from './screen-state.ts';

/** A line of a page: its text, and whether it is a heading, something said beside, or what went wrong. */
export interface PageLine {
  readonly text: string;
  readonly tone: 'plain' | 'heading' | 'faint' | 'bad';
}

/** All lines of the page that is open, cut to its width. The history draws its own table. */
export function pageLinesOf(state: ScreenState): readonly PageLine[] {
  const { page } = state;
  const { inner } = screenLayout(state);
  if (page === null || page.kind === 'history') return [];
  if (page.kind === 'help') return helpLines(inner);
  if (page.problem !== null) return wrapText(page.problem, inner).map((text) => ({ text, tone: 'bad' }));
  if (page.kind === 'audit') return page.events.map((event) => plain(cut(auditText(event), inner)));
  if (page.detail === null) return [{ text: '…', tone: 'faint' }];
  return detailLines(page.detail, { why: page.why, inner, nowMs: state.past?.atMs ?? state.nowMs });
}

/** The keys as the code acts on them, in two columns where there is room. */
export function helpLines(columns: number): readonly PageLine[] {
  const groups = keyGroups.map((group) => [
    heading(group),
    ...keyTable.filter((key) => key.group === group).map(({ shown, help }) => plain(`  ${fit(shown, 9)} ${help}`)),
  ]);
  const dialog = [heading('In dialogs'), ...dialogKeys.map(({ shown, help }) => plain(`  ${fit(shown, 9)} ${help}`))];
  const blocks = [...groups, dialog];
  const width = Math.max(...blocks.flat().map(({ text }) => widthOf(text)));
  if (columns < width * 2 + 3) {
    return blocks.flatMap((block) => [...block, plain('')]).map((line) => cutLine(line, columns));
  }
  const half = Math.ceil(blocks.flat().length / 2) + 2;
  let count = 0;
  const split = blocks.findIndex((block) => (count += block.length + 1) > half);
  const [left, right] = [blocks.slice(0, split), blocks.slice(split)].map((part) =>
    part.flatMap((block) => [...block, plain('')]),
  );
  const rows = Math.max(left?.length ?? 0, right?.length ?? 0);
  return Array.from({ length: rows }, (_, row) => {
    const one = left?.[row] ?? plain('');
    const other = right?.[row] ?? plain('');
    const tone = one.tone === 'heading' || other.tone === 'heading' ? 'heading' : 'plain';
    return { text: `${fit(one.text, width)}   ${other.text}`, tone };
  });
}

function detailLines(
  { task, events, ...more }: TaskDetail,
  { why, inner, nowMs }: { readonly why: readonly string[]; readonly inner: number; readonly nowMs: number },
): readonly PageLine[] {
  const startedMs = task.startedAt === null ? null : Date.parse(task.startedAt);
  const took = task.durationMs ?? (task.state === 'running' && startedMs !== null ? nowMs - startedMs : null);
  const facts: readonly (readonly [string, string | null])[] = [
    ['state', [task.state, task.exitCode ?? task.signal ?? []].flat().join(' ')],
    ['command', quoteCommand(task.command)],
    ['name', task.name === null ? null : visible(task.name)],
    ['tags', task.tags.length === 0 ? null : task.tags.map((tag) => visible(tag)).join(' ')],
    ['folder', visible(task.cwd)],
    ['started', startedMs === null ? null : fullTime(startedMs)],
    ['ended', task.endedAt === null ? null : fullTime(Date.parse(task.endedAt))],
    ['took', took === null ? null : tookText(took)],
    ['pid', task.pid === null ? null : String(task.pid)],
    ['by', actorWords(more.submittedBy)],
    ['restart of', more.restartOf === null ? null : String(more.restartOf)],
    ['output', `${byteText(more.log.stdoutBytes)} stdout, ${byteText(more.log.stderrBytes)} stderr`],
    ['alive', more.descendantsAlive > 0 ? `${more.descendantsAlive} of its descendants` : null],
    ['reason', task.reason === null ? null : visible(task.reason)],
  ];
  const label = 11;
  const shown = facts.flatMap(([name, value]) =>
    value === null
      ? []
      : wrapText(value, Math.max(10, inner - label)).map((line, place) =>
          plain(`${fit(place === 0 ? name : '', label)}${line}`),
        ),
  );
  const [first] = events;
  const steps = events.map((event) => {
    const since = first === undefined ? 0 : (event.at - first.at) / 1000;
    const time = `${exactClockTime(event.at / 1000)} ${fit(`+${tookText(since)}`, 8, { align: 'right' })}  `;
    return plain(cut(`${time}${eventSentence(event)}`, inner));
  });
  const reasons = why.flatMap((sentence) => wrapText(sentence, inner).map(plain));
  return [...shown, plain(''), heading('Why'), ...reasons, plain(''), heading('Timeline'), ...steps];
}

function auditText(event: JournalEvent): string {
  const task = event.task === null ? '-' : String(event.task);
  return `${fit(String(event.seq), 7, { align: 'right' })} ${exactClockTime(event.at / 1000)} ${fit(task, 5, { align: 'right' })}  ${eventSentence(event)}`;
}

function plain(text: string): PageLine {
  return { text, tone: 'plain' };
}

function heading(text: string): PageLine {
  return { text, tone: 'heading' };
}

function cutLine(line: PageLine, columns: number): PageLine {
  return { ...line, text: cut(line.text, columns) };
}

import { Box, Text } from 'ink';
import type { ReactElement } from 'react';

import { visible } from '../words/visible.ts';
import { cut, fit, widthOf, wrapText } from './cells.ts';
import { Framed, type FramedLine, framedLine } from './framed.tsx';
import { type RunDialog, type RunPlace, runsThrough } from './run-dialog.ts';
import { screenLayout } from './screen-layout.ts';
import { type Dialog, type PromptKind, runFields, type ScreenState } from './screen-state.ts';
import { shownField, type TextField } from './text-field.ts';
import type { Theme } from './theme.ts';

/** The widest dialog: lines that are longer are harder to read. */
export const widthMax = 84;

/** What is asked, over the screen in its middle. Prompts of one line take the last line of the screen instead. */
export function DialogView({
  state,
  theme,
  place,
}: {
  readonly state: ScreenState;
  readonly theme: Theme;
  readonly place: RunPlace;
}): ReactElement | null {
  const { dialog, connection } = state;
  const { columns, rows } = screenLayout(state);
  const width = Math.min(widthMax, columns - 4);
  const inner = width - 4;
  const box = { width, theme, columns, rows };
  if (connection.kind === 'lost') {
    const what = connection.busy ? ['connecting…'] : ['r connects again and starts it, q quits'];
    const lines = [...wrapText(connection.why, inner), '', ...what];
    return <Centered title="Connection lost" lines={plainLines(lines, inner, theme)} {...box} />;
  }
  if (dialog === null || dialog.kind === 'prompt') return null;
  if (dialog.kind === 'confirm') {
    const words = dialog.question.flatMap((line) => wrapText(line, inner));
    return <Centered title="Sure?" lines={plainLines([...words, '', 'y yes   n no'], inner, theme)} {...box} />;
  }
  return <Centered title="Run" lines={runLines(dialog, { inner, theme, place })} {...box} />;
}

const labels = { command: 'Command', name: 'Name', folder: 'Folder', tags: 'Tags' } as const;
const promptLabels: { readonly [P in PromptKind]: string } = {
  filter: 'filter',
  'history-filter': 'history',
  search: '/',
  time: 'time',
  export: 'export to',
};

/** The line in which a filter, a pattern, a time or a file is typed. */
export function promptLine(
  { asks, field, problem, busy }: Omit<Extract<Dialog, { kind: 'prompt' }>, 'kind'>,
  { columns, theme }: { readonly columns: number; readonly theme: Theme },
): string {
  const label = ` ${promptLabels[asks]} `;
  const note = busy ? 'writing…' : problem;
  const said = note === null ? '' : ` ${cut(note, Math.floor(columns * 0.55))} `;
  const room = Math.max(4, columns - widthOf(label) - widthOf(said) - 1);
  return `${theme.selected(label)} ${typedText(field, { columns: room, theme })}${busy ? theme.faint(said) : theme.bad(said)}`;
}

function runLines(
  dialog: RunDialog,
  { inner, theme, place }: { readonly inner: number; readonly theme: Theme; readonly place: RunPlace },
): readonly FramedLine[] {
  const label = 9;
  const fields = runFields.map((name) => {
    const isFocused = name === dialog.focus;
    const field = dialog.fields[name];
    const head = fit(labels[name], label);
    const room = inner - label;
    const text = isFocused ? typedText(field, { columns: room, theme }) : fit(visible(field.text), room);
    return { key: name, text: `${isFocused ? theme.strong(head) : theme.faint(head)}${text}`, columns: inner };
  });
  const command = dialog.fields.command.text.trim();
  const note = dialog.busy
    ? 'starting…'
    : command === ''
      ? '↑ ↓ what was run before · Tab next field · Enter run · Esc leave'
      : `${runsThrough(command, place)} · Enter run · Esc leave`;
  const said =
    dialog.problem === null
      ? [framedLine('note', note, { columns: inner, paint: theme.faint })]
      : wrapText(`! ${dialog.problem}`, inner).map((line, row) =>
          framedLine(`problem-${row}`, line, { columns: inner, paint: theme.bad }),
        );
  return [...fields, { key: 'space', text: '', columns: 0 }, ...said];
}

/** A text with the caret on it, in exactly so many columns. */
function typedText(field: TextField, { columns, theme }: { columns: number; theme: Theme }): string {
  const [before, under, after] = shownField(field, columns);
  const used = widthOf(before) + widthOf(under) + widthOf(after);
  return `${before}${theme.selected(under)}${after}${' '.repeat(Math.max(0, columns - used))}`;
}

function plainLines(lines: readonly string[], inner: number, theme: Theme): readonly FramedLine[] {
  return lines.map((line, row) => framedLine(`${row}`, line, { columns: inner, paint: theme.plain }));
}

function Centered({
  title,
  lines,
  width,
  theme,
  columns,
  rows,
}: {
  readonly title: string;
  readonly lines: readonly FramedLine[];
  readonly width: number;
  readonly theme: Theme;
  readonly columns: number;
  readonly rows: number;
}): ReactElement {
  const height = Math.min(lines.length, rows - 2);
  return (
    <Box
      position="absolute"
      marginLeft={Math.max(0, Math.floor((columns - width) / 2))}
      marginTop={Math.max(0, Math.floor((rows - height - 2) / 2))}
    >
      <Framed title={title} lines={lines} height={height} width={width} theme={theme} focused />
    </Box>
  );
}

/** Messages that go away by themselves, at the right above the last line. */
export function Toasts({ state, theme }: { readonly state: ScreenState; readonly theme: Theme }): ReactElement | null {
  const { columns, rows } = screenLayout(state);
  const { toasts } = state;
  if (toasts.length === 0) return null;
  const width = Math.min(columns - 4, Math.max(...toasts.map(({ text }) => widthOf(text) + 4)));
  return (
    <Box
      position="absolute"
      flexDirection="column"
      marginLeft={columns - width - 2}
      marginTop={Math.max(0, rows - 2 - toasts.length)}
    >
      {toasts.map(({ id, text, tone }) => {
        const line = fit(` ${tone === 'bad' ? '!' : '·'} ${text}`, width);
        return (
          <Text key={id} wrap="truncate">
            {theme.selected(tone === 'bad' ? theme.bad(line) : line)}
          </Text>
        );
      })}
    </Box>
  );
}

import { Box, type SuspendTerminal, Text, useApp, useInput, usePaste } from 'ink';
import { type ReactElement, useEffect, useSyncExternalStore } from 'react';

import { fit } from './cells.ts';
import { DialogView, promptLine, Toasts } from './dialog-view.tsx';
import { keyNames } from './key-names.ts';
import { LogView } from './log-view.tsx';
import { PageView } from './page-view.tsx';
import type { RunPlace } from './run-dialog.ts';
import { columnsMin, rowsMin, screenLayout } from './screen-layout.ts';
import { emptyLine, footerLine, headerLine, rulerLines, tableTitle } from './screen-lines.ts';
import type { ScreenState } from './screen-state.ts';
import type { ScreenStore } from './screen-store.ts';
import { taskColumns } from './table-columns.ts';
import { tableRows } from './table-rows.ts';
import { TaskTable } from './task-table.tsx';
import { dimmedTheme, type Theme, themeFor } from './theme.ts';

interface ScreenProps {
  readonly store: ScreenStore;
  readonly onKey: (key: string) => void;
  readonly onPaste: (text: string) => void;
  readonly colour: boolean;
  readonly place: RunPlace;
  /** Takes what hands the terminal over to somebody else. */
  readonly onHandOver: (suspend: SuspendTerminal) => void;
}

/** The whole screen: what the store holds, drawn; keys go where they are told. */
export function Screen({ store, onKey, onPaste, onHandOver, colour, place }: ScreenProps): ReactElement {
  const state = useSyncExternalStore(store.subscribe, () => store.state);
  useInput((input, key) => {
    for (const name of keyNames(input, key)) onKey(name);
  });
  usePaste(onPaste);
  const { suspendTerminal } = useApp();
  useEffect(() => onHandOver(suspendTerminal), [onHandOver, suspendTerminal]);
  const { columns, rows } = screenLayout(state);
  if (columns < columnsMin || rows < rowsMin) return <TooSmall columns={columns} rows={rows} />;
  const theme = themeFor({ colour });
  const under = state.connection.kind === 'lost' ? dimmedTheme : theme;
  return (
    <Box width={columns} height={rows} flexDirection="column" overflow="hidden">
      <Text wrap="truncate">{headerLine(state, under)}</Text>
      {rulerLines(state, under).map((line, row) => (
        <Text key={`ruler-${row}`} wrap="truncate">
          {line}
        </Text>
      ))}
      {state.page === null ? (
        <>
          <Tasks state={state} theme={under} />
          {state.log.open ? <LogView state={state} theme={under} colour={colour} /> : null}
        </>
      ) : (
        <PageView state={state} theme={under} />
      )}
      <Text wrap="truncate">{lastLine(state, under)}</Text>
      <Toasts state={state} theme={theme} />
      <DialogView state={state} theme={theme} place={place} />
    </Box>
  );
}

function Tasks({ state, theme }: { readonly state: ScreenState; readonly theme: Theme }): ReactElement {
  const layout = screenLayout(state);
  const rows = tableRows(state);
  const { selected, marked, awaited, top } = state;
  const nowMs = state.past?.atMs ?? state.nowMs;
  const columnsShown = taskColumns(rows, {
    columns: layout.columns,
    marks: { nowMs, selected, marked, awaited },
  });
  const title = rows.length === 0 ? `${tableTitle(state)} · ${emptyLine(state)}` : tableTitle(state);
  return (
    <TaskTable
      data={[]}
      columnsShown={columnsShown}
      rows={rows.slice(top, top + layout.table)}
      selected={selected}
      line={layout.tableLine}
      height={layout.table}
      title={title}
      theme={theme}
      focused={state.focus === 'table'}
    />
  );
}

function lastLine(state: ScreenState, theme: Theme): string {
  const { dialog } = state;
  if (dialog?.kind !== 'prompt') return footerLine(state, theme);
  return promptLine(dialog, { columns: screenLayout(state).columns, theme });
}

function TooSmall({ columns, rows }: { readonly columns: number; readonly rows: number }): ReactElement {
  return (
    <Box width={columns} height={rows} overflow="hidden">
      <Text wrap="truncate">{fit(`too small: ${columnsMin}x${rowsMin} at least`, columns)}</Text>
    </Box>
  );
}

import { Box, Text } from 'ink';
import { createContext, memo, type PropsWithChildren, type ReactElement, type ReactNode, useContext } from 'react';

import type { TaskState, TaskView } from '../projections/task-view.ts';
import { fit } from './cells.ts';
import { topLine } from './framed.tsx';
import { type CellColumn, type Cells, type InkTableProps, Table } from './ink-table.ts';
import type { TaskColumn } from './table-columns.ts';
import { dimmedTheme, type Theme } from './theme.ts';

interface TaskTableProps extends InkTableProps {
  readonly columnsShown: readonly TaskColumn[];
  /** Only the rows that are seen. */
  readonly rows: readonly TaskView[];
  readonly selected: number | null;
  /** Whether a line lies under the titles. */
  readonly line: boolean;
  /** How many rows there are to fill. */
  readonly height: number;
  readonly title: string;
  readonly theme: Theme;
  readonly focused: boolean;
}

interface RowLook {
  readonly selected: boolean;
  readonly state: TaskState | null;
  readonly stateColumn: number;
  readonly theme: Theme;
}

const RowContext = createContext<RowLook>({ selected: false, state: null, stateColumn: -1, theme: dimmedTheme });
const FrameContext = createContext<{ readonly theme: Theme; readonly focused: boolean }>({
  theme: dimmedTheme,
  focused: false,
});

function Cell({ children, column }: PropsWithChildren<{ readonly column: number }>): ReactElement {
  const { selected, state, stateColumn, theme } = useContext(RowContext);
  const text = textIn(children);
  if (selected) return <Text wrap="truncate">{theme.selected(text)}</Text>;
  return (
    <Text wrap="truncate">
      {state !== null && column === stateColumn ? theme.state(state, text) : theme.plain(text)}
    </Text>
  );
}

function Frame({ children }: PropsWithChildren): ReactElement {
  const { theme, focused } = useContext(FrameContext);
  return <Text wrap="truncate">{theme.frame(textIn(children), { focused })}</Text>;
}

function Title({ children }: PropsWithChildren): ReactElement {
  const { theme } = useContext(FrameContext);
  return <Text wrap="truncate">{theme.strong(textIn(children))}</Text>;
}

/** ink-table gives its cells texts. */
function textIn(children: ReactNode): string {
  return typeof children === 'string' ? children : '';
}

interface DrawnRow {
  readonly id: string;
  readonly columns: readonly CellColumn[];
  readonly cells: Cells;
  readonly look: RowLook;
  /** Whether everything that is drawn of it is the same. */
  readonly key: string;
}

const Row = memo(
  ({ row, draw }: { readonly row: DrawnRow; readonly draw: (row: DrawnRow) => ReactElement }) => (
    <RowContext.Provider value={row.look}>{draw(row)}</RowContext.Provider>
  ),
  (one, other) => one.row.key === other.row.key && one.row.look.theme === other.row.look.theme,
);

/**
 * The task table, drawn with ink-table's rows. Of ink-table itself only the rendering is replaced: it draws every row
 * that there is, as wide as its longest text and with a line under each, and knows no selection; this draws the rows that
 * are seen, in columns that were made to fit.
 */
export class TaskTable extends Table<TaskTableProps> {
  static readonly defaultProps = { data: [], padding: 1, cell: Cell, header: Title, skeleton: Frame };

  readonly #draw = ({ id, columns, cells }: DrawnRow): ReactElement => this.data({ key: id, columns, data: cells });

  override render(): ReactElement {
    const { columnsShown, rows, title, theme, focused, height, line } = this.props;
    const width = columnsShown.reduce((sum, { columns }) => sum + columns + 3, 1);
    const titles = rowCells(columnsShown, (column) => column.title);
    const frame = rowCells(columnsShown, (column) => ' '.repeat(column.columns));
    const empty = Math.max(0, height - rows.length);
    const blank = rowCells(columnsShown, () => '');
    return (
      <FrameContext.Provider value={{ theme, focused }}>
        <Box flexDirection="column" flexShrink={0}>
          <Text wrap="truncate">{theme.frame(topLine(title, width), { focused })}</Text>
          {this.heading({ key: 'titles', columns: titles.columns, data: titles.cells })}
          {line ? this.separator({ key: 'line', columns: frame.columns, data: {} }) : null}
          {rows.map((task) => (
            <Row key={task.id} row={this.#row(task)} draw={this.#draw} />
          ))}
          {Array.from({ length: empty }, (_, place) => (
            <Box key={`empty-${place}`}>
              {this.data({ key: `empty-${place}`, columns: blank.columns, data: blank.cells })}
            </Box>
          ))}
          {this.footer({ key: 'bottom', columns: frame.columns, data: {} })}
        </Box>
      </FrameContext.Provider>
    );
  }

  #row(task: TaskView): DrawnRow {
    const { columnsShown, selected, theme } = this.props;
    const { columns, cells } = rowCells(columnsShown, (column) => column.text(task));
    const stateColumn = columnsShown.findIndex(({ title }) => title === 'State');
    const isSelected = task.id === selected;
    const look: RowLook = { selected: isSelected, state: task.state, stateColumn, theme };
    const key = `${task.state} ${String(isSelected)} ${Object.values(cells).join('\u0000')}`;
    return { id: String(task.id), columns, cells, look, key };
  }
}

/** Texts of exactly the columns' widths, and the widths in code units by which ink-table pads. */
function rowCells(
  shown: readonly TaskColumn[],
  text: (column: TaskColumn) => string,
): { readonly columns: readonly CellColumn[]; readonly cells: Cells } {
  const cells: Cells = {};
  const columns = shown.map((column) => {
    const cell = fit(text(column), column.columns, { align: column.align });
    cells[column.title] = cell;
    return { key: column.title, column: column.title, width: cell.length + 2 };
  });
  return { columns, cells };
}

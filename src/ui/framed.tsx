import { Box, Text } from 'ink';
import type { ReactElement } from 'react';

import { fit, widthOf } from './cells.ts';
import type { Theme } from './theme.ts';

/** A line inside a frame, with its looks, and the columns that it takes. */
export interface FramedLine {
  readonly key: string;
  readonly text: string;
  readonly columns: number;
  /** One character for the margin before it; left out: none. */
  readonly sign?: string;
}

/** Lines in a frame with a title. It is as high as it is told to be; lines that are missing are empty. */
export function Framed({
  title,
  lines,
  height,
  width,
  theme,
  focused,
}: {
  readonly title: string;
  readonly lines: readonly FramedLine[];
  readonly height: number;
  readonly width: number;
  readonly theme: Theme;
  readonly focused: boolean;
}): ReactElement {
  const edge = theme.frame('│', { focused });
  const inner = Math.max(0, width - 4);
  const rows = Array.from(
    { length: height },
    (_, row): FramedLine => lines[row] ?? { key: `empty-${row}`, text: '', columns: 0 },
  );
  return (
    <Box flexDirection="column" flexShrink={0} width={width}>
      <Text wrap="truncate">{theme.frame(topLine(title, width), { focused })}</Text>
      {rows.map(({ key, text, columns, sign = ' ' }) => (
        <Text key={key} wrap="truncate">
          {`${edge}${sign}${text}${' '.repeat(Math.max(0, inner - columns))} ${edge}`}
        </Text>
      ))}
      <Text wrap="truncate">{theme.frame(`└${'─'.repeat(Math.max(0, width - 2))}┘`, { focused })}</Text>
    </Box>
  );
}

/** The first line of a frame, with its title in it. */
export function topLine(title: string, width: number): string {
  const shown = fit(title, Math.max(0, Math.min(widthOf(title), width - 5)));
  return `┌ ${shown} ${'─'.repeat(Math.max(0, width - 4 - widthOf(shown)))}┐`;
}

/** A line in one look, cut and filled to its columns. */
export function framedLine(key: string, text: string, { columns, paint }: LineLook): FramedLine {
  return { key, text: paint(fit(text, columns)), columns };
}

interface LineLook {
  readonly columns: number;
  readonly paint: (text: string) => string;
}

import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';

import { renderTable, type TableColumn } from '../../src/cli/table.ts';

const columns: readonly TableColumn[] = [
  { title: 'ID', align: 'right', least: null, leaves: null },
  { title: 'NAME', align: 'left', least: 8, leaves: null },
  { title: 'STARTED', align: 'left', least: null, leaves: 1 },
  { title: 'TOOK', align: 'right', least: null, leaves: 2 },
  { title: 'COMMAND', align: 'left', least: 16, leaves: null },
];

function render(rows: readonly (readonly string[])[], width: number | null): Promise<string> {
  const cells = rows.map((row) => row.map((text) => ({ text, paint: (painted: string) => painted })));
  return renderTable({ columns, rows: cells, width, paintTitle: (text) => text });
}

const rows = [
  ['7', 'web', '14:03:22', '1m 40s', 'npm start'],
  ['1042', '日本語のサーバー', 'yesterday 14:30', '2h 10m', `make ${'x'.repeat(300)}`],
];

test('on a pipe everything is there, however long, and no line ends in blanks', async () => {
  expect(await render(rows, null)).toBe(
    [
      '  ID  NAME              STARTED            TOOK  COMMAND',
      '   7  web               14:03:22         1m 40s  npm start',
      `1042  日本語のサーバー  yesterday 14:30  2h 10m  make ${'x'.repeat(300)}`,
      '',
    ].join('\n'),
  );
});

test('at 200 columns only the command is cut', async () => {
  const [, , last] = (await render(rows, 200)).split('\n');
  expect(last).toBe(`1042  日本語のサーバー  yesterday 14:30  2h 10m  make ${'x'.repeat(145)}…`);
  expect(stringWidth(last ?? '')).toBe(200);
});

test('at 60 columns the name gives way after the command, by display columns', async () => {
  expect(await render(rows, 60)).toBe(
    [
      '  ID  NAME         STARTED            TOOK  COMMAND',
      '   7  web          14:03:22         1m 40s  npm start',
      '1042  日本語のサ…  yesterday 14:30  2h 10m  make xxxxxxxxxx…',
      '',
    ].join('\n'),
  );
});

test('where cutting is not enough the starting time goes, and then the duration', async () => {
  expect((await render(rows, 40)).split('\n')[2]).toBe('1042  日本語…   2h 10m  make xxxxxxxxxx…');
  expect((await render(rows, 32)).split('\n')[2]).toBe('1042  日本語…   make xxxxxxxxxx…');
});

test('colour is put around the words and changes no width', async () => {
  const painted = await renderTable({
    columns: columns.slice(0, 2),
    rows: [
      [
        { text: '7', paint: (text) => `<${text}>` },
        { text: 'a long name', paint: (text) => `<${text}>` },
      ],
    ],
    width: 14,
    paintTitle: (text) => `[${text}]`,
  });
  expect(painted).toBe('[ID]  [NAME]\n <7>  <a long na…>\n');
});

test('no line is ever wider than the terminal, and none is cut inside a character', async () => {
  const text = fc.string({
    unit: fc.constantFrom('a', ' ', '日', '👍🏽', 'é', 'e\u0301', '👨‍👩‍👧', '한', 'ﾞ'),
    maxLength: 60,
  });
  const row = fc.tuple(
    fc.nat(9999).map(String),
    text,
    fc.constantFrom('14:03:22', 'yesterday 14:30', '-'),
    fc.constant('2h 10m'),
    text,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 5 }), fc.integer({ min: 60, max: 250 }), async (made, width) => {
      const lines = (await render(made, width)).split('\n');
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      for (const line of lines) expect(line).not.toMatch(/\p{Cs}|\u200d(?:…|$)/u);
      expect(lines).toHaveLength(made.length + 2);
    }),
  );
});

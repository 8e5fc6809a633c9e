import { createRequire, Module } from 'node:module';

import * as ink from 'ink';
import type { Component, ComponentType, PropsWithChildren, ReactElement } from 'react';

/**
 * ink-table's class. It is CommonJS and requires ink, which is an ES module with a top-level await, so that Node refuses
 * the require: the ink that is loaded already is put where the require looks first. In the bundle this file is replaced
 * (scripts/build.mjs), and ink-table is linked to the ink beside it.
 */

/** The texts of a row, by the names of the columns. */
export type Cells = Record<string, string>;

export interface CellColumn {
  readonly key: string;
  readonly column: string;
  /** In code units, as ink-table pads by them, with the padding on both sides. */
  readonly width: number;
}

export interface InkTableProps {
  readonly data: Cells[];
  readonly columns?: string[];
  readonly padding?: number;
  readonly header?: ComponentType<PropsWithChildren>;
  readonly cell?: ComponentType<PropsWithChildren<{ readonly column: number }>>;
  readonly skeleton?: ComponentType<PropsWithChildren>;
}

interface RowProps {
  readonly key: string;
  readonly columns: readonly CellColumn[];
  readonly data: Cells;
}

/** What a subclass may use of it: its builders of rows. */
interface InkTable<P extends InkTableProps> extends Component<P> {
  heading(row: RowProps): ReactElement;
  separator(row: RowProps): ReactElement;
  data(row: RowProps): ReactElement;
  footer(row: RowProps): ReactElement;
}

type InkTableClass = new <P extends InkTableProps>(props: P) => InkTable<P>;

const require = createRequire(import.meta.url);
const inkFile = createRequire(require.resolve('ink-table')).resolve('ink');
if (require.cache[inkFile] === undefined) {
  const seeded = new Module(inkFile);
  seeded.exports = ink;
  seeded.loaded = true;
  require.cache[inkFile] = seeded;
}

// Its own types are those of another React; these are what it is.
export const Table = (require('ink-table') as { readonly default: InkTableClass }).default;

import type { TaskState } from '../projections/task-view.ts';

interface StateColour {
  /** The number of a terminal's colour (ECMA-48, 8.3.117), or null for its own. */
  readonly foreground: string | null;
  readonly bold: boolean;
}

/** In which colours states are told, on the screen and in lines alike. A word is always there as well. */
export const stateColours: { readonly [S in TaskState]: StateColour } = {
  running: { foreground: '32', bold: false },
  exited: { foreground: null, bold: false },
  failed: { foreground: '31', bold: false },
  // Not yellow, which cannot be read on white.
  killed: { foreground: '35', bold: false },
  lost: { foreground: '31', bold: true },
};

import type { TaskState } from '../projections/task-view.ts';
import { stateColours } from '../words/state-colours.ts';

/** How words look on one stream. Without colour every method gives its text back as it is. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  /** What one of two has and the other has not; a sign beside it says the same. */
  removed(text: string): string;
  added(text: string): string;
  /** In the colour of a state. The state's word is always there as well: never by colour alone. */
  state(state: TaskState, text: string): string;
  /** In the colour of what a check came to; its word is always there as well. */
  verdict(verdict: Verdict, text: string): string;
}

type Verdict = 'ok' | 'warning' | 'problem' | 'mended';

/**
 * The one decision about colour: only on a terminal that can (`TERM` is not `dumb`), and not where `--no-color` or
 * NO_COLOR, set to anything but nothing, says no.
 */
export function styleFor({ isTerminal, environment, refused }: ColourQuestion): Style {
  const { NO_COLOR: noColour, TERM: terminal } = environment;
  const colour = isTerminal && !refused && (noColour === undefined || noColour === '') && terminal !== 'dumb';
  return colour ? coloured : uncoloured;
}

interface ColourQuestion {
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `--no-color` was given. */
  readonly refused: boolean;
}

export const uncoloured: Style = {
  bold: (text) => text,
  dim: (text) => text,
  removed: (text) => text,
  added: (text) => text,
  state: (_, text) => text,
  verdict: (_, text) => text,
};

const verdictColours: { readonly [V in Verdict]: number } = { ok: 32, warning: 33, problem: 31, mended: 36 };

const coloured: Style = {
  bold: (text) => `\u001b[1m${text}\u001b[22m`,
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
  removed: (text) => `\u001b[31m${text}\u001b[39m`,
  added: (text) => `\u001b[32m${text}\u001b[39m`,
  verdict: (verdict, text) => `\u001b[${verdictColours[verdict]}m${text}\u001b[39m`,
  state: (state, text) => {
    const { foreground, bold } = stateColours[state];
    const dyed = foreground === null ? text : `\u001b[${foreground}m${text}\u001b[39m`;
    return bold ? coloured.bold(dyed) : dyed;
  },
};

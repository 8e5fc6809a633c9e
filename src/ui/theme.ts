import type { TaskState } from '../projections/task-view.ts';
import { stateColours } from '../words/state-colours.ts';
import { dressed, type Look, plainLook } from './colours.ts';

/**
 * How things look. Only the terminal's own sixteen colours, by their names, and its own background: what is readable in
 * the user's theme is readable here. Whatever a colour says, a word or a sign says as well.
 */
export interface Theme {
  readonly state: (state: TaskState, text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly selected: (text: string) => string;
  readonly frame: (text: string, look: { readonly focused: boolean }) => string;
  readonly bad: (text: string) => string;
  readonly past: (text: string) => string;
  readonly plain: (text: string) => string;
}

/** NO_COLOR takes the colours; bold, dim and inverted are none. */
export function themeFor({ colour }: { readonly colour: boolean }): Theme {
  return colour ? coloured : uncoloured;
}

function themeWith({ colour }: { readonly colour: boolean }): Theme {
  const look =
    (given: Partial<Look>): ((text: string) => string) =>
    (text) =>
      dressed(text, { ...plainLook, ...given, ...(colour ? {} : { foreground: null, background: null }) });
  const faint = look({ dim: true });
  const focusedFrame = look({ foreground: '36', bold: true });
  return {
    state: (state, text) => look(stateColours[state])(text),
    faint,
    strong: look({ bold: true }),
    selected: look({ inverse: true }),
    frame: (text, { focused }) => (focused ? focusedFrame(text) : faint(text)),
    bad: look({ foreground: '31', bold: true }),
    past: look({ foreground: '36' }),
    plain: (text) => text,
  };
}

const coloured = themeWith({ colour: true });
const uncoloured = themeWith({ colour: false });

/** Everything without looks and dimmed: the screen under a message that has to be answered. */
export const dimmedTheme: Theme = dimmed();

function dimmed(): Theme {
  const dim = (text: string): string => dressed(text, { ...plainLook, dim: true });
  return {
    state: (_, text) => dim(text),
    faint: dim,
    strong: dim,
    selected: dim,
    frame: dim,
    bad: dim,
    past: dim,
    plain: dim,
  };
}

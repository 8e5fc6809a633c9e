import type { TaskView } from '../../projections/task-view.ts';
import { quoteCommand } from '../../shell-quote.ts';
import { dayOf, exactClockTime, tookText } from '../../words/time-text.ts';
import { visible } from '../../words/visible.ts';
import { wrapWords } from '../block.ts';
import { stateWords } from '../detail-block.ts';
import type { Style } from '../style.ts';
import type { TimelineTask } from './timeline-model.ts';
import type { Step, StepKind } from './timeline-steps.ts';

interface StepLooks {
  /** The columns to fit into, or null: nothing is wrapped. */
  readonly width: number | null;
  readonly style: Style;
  readonly nowMs: number;
}

/** What a step looks like at first glance. Each glyph is one column wide. */
const glyphs: Partial<Record<StepKind, string>> = {
  submitted: '○',
  started: '●',
  'start-failed': '✗',
  signal: '▲',
  'daemon-stopped': '╷',
  'daemon-crashed': '╳',
  'daemon-started': '╵',
  exited: '■',
  lost: '?',
  'out-of-memory': '▲',
};

/** The narrowest that a step's words may be wrapped to. */
export const wordsLeast = 20;

/** One task as steps: when by the clock, how long after its start, and what. */
export async function renderSteps(task: TimelineTask, looks: StepLooks): Promise<readonly string[]> {
  const { style, width, nowMs } = looks;
  const { view, steps, beganMs } = task;
  const rows = steps.map((step) => ({ step, after: sinceText(step.atMs - beganMs) }));
  const afterWidth = Math.max(0, ...rows.map(({ after }) => after.length));
  const lines: string[] = [...heading(view, { style, nowMs })];
  let day = '';
  let isDown = false;
  for (const { step, after } of rows) {
    if (dayOf(step.atMs) !== day) {
      day = dayOf(step.atMs);
      lines.push(style.dim(day));
    }
    const when = `${exactClockTime(step.atMs)}  ${after.padStart(afterWidth)}  `;
    const rail = isDown && step.kind !== 'daemon-started' ? '┊' : '│';
    const glyph = glyphs[step.kind] ?? rail;
    isDown = isDown ? step.kind !== 'daemon-started' : isDaemonEnd(step);
    const below = step === steps.at(-1) ? ' ' : isDown ? '┊' : '│';
    const words = await wrapWords(
      step.text.split(' '),
      width === null ? null : Math.max(wordsLeast, width - when.length - 2),
    );
    for (const [place, text] of words.entries()) {
      const painted = step.kind === 'exited' || step.kind === 'lost' ? style.state(view.state, text) : text;
      lines.push(
        place === 0
          ? `${style.dim(when)}${glyph} ${painted}`
          : `${' '.repeat(when.length)}${below} ${painted}`.trimEnd(),
      );
    }
  }
  return lines;
}

function heading(view: TaskView, { style, nowMs }: Omit<StepLooks, 'width'>): readonly string[] {
  const title = `task ${view.id}${view.name === null ? '' : ` ${visible(view.name)}`}`;
  const took = view.durationMs === null ? '' : ` after ${tookText(view.durationMs)}`;
  return [
    `${style.bold(title)}  ${style.state(view.state, `${stateWords(view, nowMs)}${took}`)}`,
    style.dim(quoteCommand(view.command)),
    '',
  ];
}

function isDaemonEnd({ kind }: Step): boolean {
  return kind === 'daemon-stopped' || kind === 'daemon-crashed';
}

/** `+1.2s`, `-12ms`, and `0` at the start itself. */
function sinceText(ms: number): string {
  if (Math.abs(ms) < 1) return '0';
  return ms < 0 ? `-${tookText(-ms)}` : `+${tookText(ms)}`;
}

import type { ProcessorTime } from '../../journal/events.ts';
import type { EnvironmentValue, TaskDetail } from '../../protocol/answers.ts';
import { quoteCommand } from '../../shell-quote.ts';
import { byteText } from '../../words/byte-text.ts';
import { counted } from '../../words/task-words.ts';
import { fullTime, tookText } from '../../words/time-text.ts';
import { visible } from '../../words/visible.ts';
import { stateWords } from '../detail-block.ts';
import { textOfBytes } from '../line-printer.ts';
import type { Style } from '../style.ts';
import type { VariableDiff } from './environment-diff.ts';
import { type DiffLine, diffWords, type Hunk, type LineDiff } from './line-diff.ts';
import type { Pair, RunDiff } from './run-diff.ts';

interface DiffLooks {
  readonly style: Style;
  readonly nowMs: number;
  /** Whether values of variables are shown, and not only their names. */
  readonly values: boolean;
  /** How a line of a log is shown: as it is in a pipe, with its control characters visible on a terminal. */
  readonly lineText: (text: string) => string;
}

/** Only what differs, and how long both took: `-` is the first, `+` the second. */
export function renderDiff(diff: RunDiff, { a, b }: Pair<TaskDetail>, looks: DiffLooks): readonly string[] {
  const rows: readonly Row[] = [
    ...commandRow(diff, looks),
    ...sidesRow('folder', mapped(diff.folder, visible)),
    ...sidesRow(
      'name',
      mapped(diff.name, (name) => (name === null ? 'none' : visible(name))),
    ),
    ...tagsRow(diff, looks),
    ...sidesRow('outcome', diff.outcome && { a: stateWords(a.task, looks.nowMs), b: stateWords(b.task, looks.nowMs) }),
    ...environmentRow(diff, looks),
    ...changeRow('took', { a: tookOf(a), b: tookOf(b) }),
    ...changeRow('processor', { a: processorOf(a.processorTime), b: processorOf(b.processorTime) }),
    ...changeRow('stdout', { a: byteText(a.log.stdoutBytes), b: byteText(b.log.stdoutBytes) }),
    ...changeRow('stderr', { a: byteText(a.log.stderrBytes), b: byteText(b.log.stderrBytes) }),
  ];
  return [
    looks.style.bold(`--- ${headline(a)}`),
    looks.style.bold(`+++ ${headline(b)}`),
    ...rowLines(rows, looks),
    ...logLines('stdout', diff.log.stdout, looks),
    ...logLines('stderr', diff.log.stderr, looks),
  ];
}

/** A label, and lines of what differs, each with its side. */
interface Row {
  readonly label: string;
  readonly lines: readonly Line[];
}

interface Line {
  readonly side: 'a' | 'b' | 'both';
  readonly text: string;
}

function headline({ task }: TaskDetail): string {
  const name = task.name === null ? '' : ` ${visible(task.name)}`;
  const when = task.startedAt === null ? 'never started' : fullTime(Date.parse(task.startedAt));
  return `task ${task.id}${name}  ${when}`;
}

function rowLines(rows: readonly Row[], { style }: DiffLooks): readonly string[] {
  const width = Math.max(0, ...rows.map(({ label }) => label.length)) + 2;
  return rows.flatMap(({ label, lines }) =>
    lines.map(({ side, text }, place) => {
      const before = style.dim((place === 0 ? label : '').padEnd(width));
      if (side === 'both') return `${before}${text}`;
      return `${before}${side === 'a' ? style.removed(`- ${text}`) : style.added(`+ ${text}`)}`;
    }),
  );
}

function sidesRow(label: string, pair: Pair<string> | null): readonly Row[] {
  if (pair === null) return [];
  return [
    {
      label,
      lines: [
        { side: 'a', text: pair.a },
        { side: 'b', text: pair.b },
      ],
    },
  ];
}

function changeRow(label: string, { a, b }: Pair<string>): readonly Row[] {
  return a === b ? [] : [{ label, lines: [{ side: 'both', text: `${a} → ${b}` }] }];
}

/** Word by word, as `git diff --word-diff` has it: `make [-all-] {+test+}`. */
function commandRow({ command }: RunDiff, { style }: DiffLooks): readonly Row[] {
  if (command === null) return [];
  const marks: Marks = {
    same: quoteCommand,
    removed: (words) => style.removed(`[-${quoteCommand(words)}-]`),
    added: (words) => style.added(`{+${quoteCommand(words)}+}`),
  };
  const text = markedWords(diffWords(command.a, command.b), marks, (one, other) => markedScript(one, other, style));
  return [{ label: 'command', lines: [{ side: 'both', text }] }];
}

type Marks = Readonly<Record<DiffLine['kind'], (words: readonly string[]) => string>>;

/** @param within shows one word that became another one, or gives null where that is best shown as two. */
function markedWords(
  changes: ReturnType<typeof diffWords>,
  marks: Marks,
  within: (one: string, other: string) => string | null,
): string {
  const shown: string[] = [];
  for (const [place, { kind, words }] of changes.entries()) {
    const [before, next] = [changes[place - 1], changes[place + 1]];
    const isPair = (other: typeof next): boolean => other?.words.length === words.length;
    if (kind === 'added' && before?.kind === 'removed' && isPair(before)) continue;
    if (kind === 'removed' && next?.kind === 'added' && isPair(next)) {
      const pairs = words.map((word, at) => [word, next.words[at] ?? ''] as const);
      const inner = pairs.map(([one, other]) => within(one, other));
      const apart = ([one, other]: (typeof pairs)[number]): string => `${marks.removed([one])} ${marks.added([other])}`;
      if (inner.every((text) => text === null)) shown.push(marks.removed(words), marks.added(next.words));
      else shown.push(...pairs.map((pair, at) => inner[at] ?? apart(pair)));
    } else {
      shown.push(marks[kind](words));
    }
  }
  return shown.join(' ');
}

/**
 * A word of several words is a script, say: what differs within it is marked. Null where they have nothing in common, or
 * all but the spaces, which would not be seen.
 */
function markedScript(one: string, other: string, style: Style): string | null {
  const changes = diffWords(wordsOf(one), wordsOf(other));
  const isUnlike = !changes.some(({ kind }) => kind === 'same');
  if (isUnlike || changes.every(({ kind }) => kind === 'same')) return null;
  const text = (words: readonly string[]): string => visible(words.join(' '));
  const marks: Marks = {
    same: text,
    removed: (words) => style.removed(`[-${text(words)}-]`),
    added: (words) => style.added(`{+${text(words)}+}`),
  };
  return `'${changes.map(({ kind, words }) => marks[kind](words)).join(' ')}'`;
}

function wordsOf(script: string): readonly string[] {
  return script.split(/\s+/).filter((word) => word !== '');
}

function tagsRow({ tags }: RunDiff, { style }: DiffLooks): readonly Row[] {
  if (tags === null) return [];
  const words = [
    ...tags.removed.map((tag) => style.removed(`-${visible(tag)}`)),
    ...tags.added.map((tag) => style.added(`+${visible(tag)}`)),
  ];
  return [{ label: 'tags', lines: [{ side: 'both', text: words.join(' ') }] }];
}

function environmentRow({ environment }: RunDiff, { style, values }: DiffLooks): readonly Row[] {
  if (environment.length === 0) return [];
  const signs = { removed: '-', added: '+', changed: '~' } as const;
  const lines = environment.flatMap(({ name, kind, a, b }: VariableDiff): readonly Line[] => {
    const shown = visible(name);
    if (values) {
      return [
        ...(a === null ? [] : [{ side: 'a', text: `${shown}=${valueText(a)}` } as const]),
        ...(b === null ? [] : [{ side: 'b', text: `${shown}=${valueText(b)}` } as const]),
      ];
    }
    const text = `${signs[kind]} ${shown}`;
    return [{ side: 'both', text: kind === 'changed' ? text : style[kind](text) }];
  });
  return [{ label: 'environment', lines }];
}

function valueText({ value, shown }: EnvironmentValue): string {
  if (value === null) return `(${shown})`;
  return visible(typeof value === 'string' ? value : textOfBytes(value));
}

function logLines(stream: string, { removed, added, isWhole, hunks }: LineDiff, looks: DiffLooks): readonly string[] {
  if (hunks.length === 0) return [];
  const gone = counted(removed, { one: 'line', many: 'lines' });
  const how = isWhole ? '; they have too little in common to be compared line by line' : '';
  return [
    '',
    looks.style.bold(`${stream}: ${gone} removed, ${added} added${how}`),
    ...(isWhole ? [] : hunks.flatMap((hunk) => hunkLines(hunk, looks))),
  ];
}

function hunkLines({ fromA, fromB, lines }: Hunk, { style, lineText }: DiffLooks): readonly string[] {
  const ofA = lines.filter(({ kind }) => kind !== 'added').length;
  const ofB = lines.filter(({ kind }) => kind !== 'removed').length;
  return [
    style.dim(`@@ -${range(fromA, ofA)} +${range(fromB, ofB)} @@`),
    ...lines.map(({ kind, text }) => {
      if (kind === 'same') return ` ${lineText(text)}`;
      return kind === 'removed' ? style.removed(`-${lineText(text)}`) : style.added(`+${lineText(text)}`);
    }),
  ];
}

/** As diff(1) counts: of nothing, the line before it is named. */
function range(from: number, count: number): string {
  return count === 0 ? `${from - 1},0` : `${from},${count}`;
}

function mapped<T>(pair: Pair<T> | null, text: (value: T) => string): Pair<string> | null {
  return pair === null ? null : { a: text(pair.a), b: text(pair.b) };
}

function tookOf({ task }: TaskDetail): string {
  return task.durationMs === null ? '?' : tookText(task.durationMs);
}

function processorOf(time: ProcessorTime | null): string {
  return time === null ? '?' : tookText(time.userMs + time.systemMs);
}

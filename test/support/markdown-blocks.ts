/** A fenced block of a document that a person would type. */
interface MarkdownBlock {
  /** `sh`: commands. `console`: lines after `$ ` with what they print. */
  readonly language: 'sh' | 'console';
  /** The line of its first line in the document, from 1. */
  readonly line: number;
  readonly text: string;
  /** Why it is not run, from `<!-- not run: WHY -->` on the line before the fence; null where it is run. */
  readonly notRun: string | null;
}

/** A command of a console block and what is shown beneath it. */
interface ConsoleStep {
  readonly command: string;
  readonly output: string;
}

/** The blocks of a document in Markdown that are marked `sh` or `console`. */
export function markdownBlocks(markdown: string): readonly MarkdownBlock[] {
  const blocks: MarkdownBlock[] = [];
  const lines = markdown.split('\n');
  for (let place = 0; place < lines.length; place += 1) {
    const fence = /^```(\w*)/.exec(lines[place] ?? '');
    if (fence === null) continue;
    const end = lines.indexOf('```', place + 1);
    if (end === -1) throw new Error(`the block of line ${place + 1} has no end`);
    const language = fence[1];
    if (language === 'sh' || language === 'console') {
      const text = lines.slice(place + 1, end).join('\n');
      const notRun = /^<!-- not run: (.+) -->$/.exec(lines[place - 1] ?? '')?.[1] ?? null;
      blocks.push({ language, line: place + 2, text, notRun });
    }
    place = end;
  }
  return blocks;
}

/** The commands of a console block; lines before the first are an error of whoever wrote it. */
export function consoleSteps(text: string): readonly ConsoleStep[] {
  const [before, ...steps] = `\n${text}`.split('\n$ ');
  if (before !== '') throw new Error(`a console block begins with "${before}" and not with "$ "`);
  return steps.map((step) => {
    const [command = '', ...output] = step.split('\n');
    return { command, output: output.join('\n') };
  });
}

/**
 * What is the same at every run: without times of day, dates, durations, numbers of processes and of events, and
 * hashes, and without the spaces and the strokes of a drawing, of which there are more or fewer as the numbers go.
 */
export function withoutChance(text: string): string {
  return (
    text
      .replaceAll(/\u001b\[[\d;]*m/g, '')
      .replaceAll(/\b\d{4}-\d\d-\d\d[ T]?/g, '')
      .replaceAll(/\b\d\d:\d\d:\d\d(?:\.\d+)?\b/g, 'TIME')
      .replaceAll(/\b[\da-f]{64}\b/g, 'HASH')
      .replaceAll(/\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/g, 'UUID')
      .replaceAll(/[+-]?\b\d+(?:\.\d+)?(?:ms|s|m|h)\b(?: \d+(?:ms|s|m)\b)?/g, 'TOOK')
      // Within one millisecond of the start there is no sign and no unit.
      .replaceAll(/\bTIME +0 /g, 'TIME TOOK ')
      .replaceAll(/\b(process|pid|user|daemon) +\d+/g, '$1 N')
      .replaceAll(/\bby [\w-]+(?: on [\w/]+)?, process/g, 'by SOMEBODY, process')
      .replaceAll(/\bYou \([\w-]+, (?:[\w/]+, )?/g, 'You (')
      .replaceAll(/\b\d+ events\b/g, 'N events')
      .replaceAll(/^ +\d+ +TIME/gm, 'N TIME')
      .replaceAll(/\bit ended (?:at once|TOOK later|after TOOK)/g, 'it ended SOON')
      // A bar can be too short for a stroke: then there is its end alone.
      .replaceAll(/[─━═╍]+([●✗◆])/g, '$1')
      .replaceAll(/[─━═╍]+/g, '─')
      .replaceAll(/[ \t]+/g, ' ')
      .replaceAll(/ *\n */g, '\n')
      .trim()
  );
}

/** Whether what was printed is what a document shows; a line `…` there stands for any number of lines. */
export function isAsShown(printed: string, shown: string): boolean {
  const pieces = withoutChance(shown)
    .split(/^…$/m)
    .map((piece) => piece.trim());
  const text = withoutChance(printed);
  if (pieces.length === 1) return text === pieces[0];
  const [first = '', ...rest] = pieces;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, from);
    if (found === -1) return false;
    from = found + piece.length;
  }
  return from <= text.length - last.length;
}

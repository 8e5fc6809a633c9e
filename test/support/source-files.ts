import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** The checkout's folder. */
export const root = join(import.meta.dirname, '..', '..');

export interface SourceFile {
  /** From the checkout's folder, such as `src/journal/events.ts`. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
}

interface Import {
  /** A file of the checkout, such as `src/paths.ts`, or a module's name, such as `node:net`. */
  readonly target: string;
  /** `type`: gone at run time. */
  readonly kind: 'type' | 'value';
  /** What is taken of it; null: all that there is. */
  readonly names: readonly string[] | null;
  readonly line: number;
}

/** Every file of these folders with one of these endings, in order. */
export function filesIn(
  folders: readonly string[],
  { endings }: { readonly endings: readonly string[] },
): readonly string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
        .map((entry) => relative(root, join(entry.parentPath, entry.name))),
    )
    .toSorted();
}

/** Reads a TypeScript file and what it imports, as far as the formatter's layout and a look at each statement tell. */
export function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, lines: text.split('\n'), imports: importsOf({ path, text }) };
}

/** The line without its comment, so that prose about a clock is no use of one. A comment has lines of its own here. */
function codeOf(line: string): string {
  return /^\s*(\/\/|\/?\*)/.test(line) ? '' : line.replace(/\s\/\/ .*$/, '');
}

/** `path:line  text` of each line whose code matches. */
export function linesWith(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (pattern.test(codeOf(line)) ? [`${path}:${index + 1}  ${line.trim()}`] : [])),
  );
}

function importsOf({ path, text }: { readonly path: string; readonly text: string }): readonly Import[] {
  const statements = /^(?:import|export)\s+(?<type>type\s)?(?:(?<taken>[^'";]*?)\sfrom\s+)?'(?<from>[^']+)'/gm;
  const calls = /(?<type>typeof\s+)?\b(?:import|require)\(\s*'(?<from>[^']+)'/g;
  return [statements, calls].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(({ index, groups }): Import[] => {
      const line = text.slice(0, index).split('\n').length;
      const from = groups?.['from'];
      if (from === undefined || codeOf(text.split('\n')[line - 1] ?? '') === '') return [];
      const target = from.startsWith('.') ? join(dirname(path), from) : from;
      const kind = groups?.['type'] === undefined ? 'value' : 'type';
      return [{ target, kind, names: namesIn(groups?.['taken'] ?? ''), line }];
    }),
  );
}

/** `a` and `b` of `{ a, type b as c }`. */
function namesIn(taken: string): readonly string[] | null {
  const list = /\{([^}]*)\}/.exec(taken)?.[1];
  if (list === undefined) return null;
  return list.split(',').flatMap((one) => /^\s*(?:type\s)?\s*([\w$]+)/.exec(one)?.[1] ?? []);
}

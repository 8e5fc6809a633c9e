import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { filesIn, root } from '../support/source-files.ts';

const folders = ['src', 'test', 'bench', 'scripts', 'examples', 'migrations', 'bin', 'docs'];
const ofTheRoot = readdirSync(root).filter((name) => name.endsWith('.md'));
const documents = [...ofTheRoot, ...filesIn(['docs', 'src', 'bench', 'examples'], { endings: ['.md'] })];
const named = new Set(
  [...filesIn(folders, { endings: ['.ts', '.tsx', '.mjs', '.cjs', '.sql', '.md'] }), ...ofTheRoot].flatMap((path) =>
    path.split('/').map((_, from, parts) => parts.slice(from).join('/')),
  ),
);

test('every link of a document into the repository leads somewhere', () => {
  const broken = documents.flatMap((document) =>
    found(document, /\]\((?!https?:|#)([^)#\s]+)[)#]/g)
      .filter(({ text }) => !existsSync(join(root, dirname(document), text)))
      .map(({ place, text }) => `${place}  ${text}`),
  );
  expect(broken).toEqual([]);
});

test('every source file that a document tells developers of is there', () => {
  const developers = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/journal.md', 'src/protocol/PROTOCOL.md'];
  const gone = developers.flatMap((document) =>
    found(document, /`([a-z0-9/-]+\.(?:ts|tsx|mjs|cjs|sql))`/g)
      .filter(({ text }) => !named.has(text) && !existsSync(join(root, text)))
      .map(({ place, text }) => `${place}  ${text}`),
  );
  expect(gone).toEqual([]);
});

test('no comment sends its reader to a document that is not in the repository', () => {
  const sources = filesIn(['src', 'test', 'bench', 'scripts'], { endings: ['.ts', '.tsx', '.mjs', '.sh'] });
  const missing = sources.flatMap((path) =>
    found(path, /\b([A-Z]{3,}\.md)\b/g)
      .filter(({ text }) => !named.has(text))
      .map(({ place, text }) => `${place}  ${text}`),
  );
  expect(missing).toEqual([]);
});

test('no document names a place of the machine that it was written on', () => {
  // Examples live in /home/you; a folder of the checkout's own path would be a slip.
  const own = [`${dirname(root)}/`, '/root/', '/tmp/', 'file://'];
  const told = documents.flatMap((document) =>
    readFileSync(join(root, document), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        own.some((place) => line.includes(place)) ? [`${document}:${index + 1}  ${line}`] : [],
      ),
  );
  expect(told).toEqual([]);
  expect(documents.map((document) => basename(document))).toEqual(expect.arrayContaining(['README.md', 'library.md']));
});

interface Found {
  readonly place: string;
  readonly text: string;
}

/** What the pattern's group finds in a file, with the line that it stands in. */
function found(path: string, pattern: RegExp): readonly Found[] {
  return readFileSync(join(root, path), 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(pattern)].map(([, text = '']) => ({ place: `${path}:${index + 1}`, text })),
    );
}

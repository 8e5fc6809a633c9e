// Makes docs/library.md, the library's reference, of the doc comments in the types that `npm run build` puts into dist/.
// TypeScript 7 has no API for other programs, so that its declarations are read as what they are: text that the compiler
// lays out, with every declaration and every member of an interface on lines of its own.
//
//   node scripts/library-document.mjs           writes docs/library.md
//   node scripts/library-document.mjs --print   prints it
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { format } from 'oxfmt';

const introduction = `What fails throws a [\`GhostError\`](#ghosterror). A task is named by its number as a string, its name, the beginning of
its UUID, or \`@last\`. What gives an \`AsyncGenerator\` is read with \`for await\`, and comes only as fast as it is read.`;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entry = 'client/library.d.ts';
const files = new Map();

const document = await libraryDocument();
if (process.argv.includes('--print')) process.stdout.write(document);
else {
  mkdirSync(join(root, 'docs'), { recursive: true });
  writeFileSync(join(root, 'docs', 'library.md'), document);
}

async function libraryDocument() {
  const library = readTypes(entry);
  const exported = library.imports.filter(({ isExport }) => isExport).map(({ name, from }) => find(name, from));
  const known = new Set(exported.map(({ name }) => name));
  const parts = [...exported];
  // What a shape names is told as well, and what that names: for the loop goes on over what it adds.
  for (const { code, file } of parts) {
    for (const { name, from } of namedIn(code, file)) {
      if (!known.has(name)) parts.push(find(name, from));
      known.add(name);
    }
  }
  const client = exported.find(({ name }) => name === 'Client');
  const shapes = exported.filter((part) => part !== client);
  const connect = library.declarations.get('connect');
  return `${[
    '# The library',
    '<!-- Made by `npm run docs` of the doc comments in src/: change it there. -->',
    prose(library.opening),
    introduction,
    '## connect',
    await told(connect),
    '## Client',
    prose(client.comment),
    ...(await Promise.all(membersOf(client).map(async (member) => `### ${member.name}\n\n${await told(member)}`))),
    '## Shapes',
    "All of these can be imported: `import type { TaskView } from 'ghost-journal'`.",
    ...(await Promise.all(shapes.map(section))),
    '## Parts of shapes',
    "These have no name that can be imported; `JournalEvent['type']` and the like name them.",
    ...(await Promise.all(parts.slice(exported.length).map(section))),
  ].join('\n\n')}\n`;
}

async function section(part) {
  return `### ${part.name}\n\n${await told(part)}`;
}

/** A declaration and what its comment says of it. */
async function told({ name, code, comment, inside }) {
  if (comment === '' && inside) throw new Error(`${name} of ${inside} has no doc comment`);
  const shown = inside ? await laidOut(`interface X {\n${code}\n}`) : await laidOut(code);
  const lines = inside
    ? shown
        .split('\n')
        .slice(1, -1)
        .map((line) => line.slice(2))
    : [shown];
  return [`\`\`\`ts\n${lines.join('\n')}\n\`\`\``, ...(comment === '' ? [] : [prose(comment)])].join('\n\n');
}

async function laidOut(code) {
  const bare = code.replace(/^export (declare )?/, '');
  const { code: text, errors } = await format('shape.d.ts', bare, { printWidth: 110, singleQuote: true });
  if (errors.length > 0) throw new Error(`${errors[0].message} in\n${code}`);
  return text.trimEnd();
}

/** What a comment says, as Markdown: without its stars, and what it throws in a paragraph of its own. */
function prose(comment) {
  return comment
    .replace(/^\s*\/\*\*\s?|\s*\*\/$/g, '')
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(
      /\s*@throws (GhostError) (.*?)(?=\s*@|$)/gs,
      (_, name, what) => `\n\nThrows ${name}: ${what.replaceAll(/\n {2}/g, '\n')}`,
    )
    .trim();
}

/** The members of an interface. The compiler indents each by four spaces and ends it with a semicolon. */
function membersOf({ name: inside, code }) {
  return statementsOf(code.split('\n').slice(1, -1)).map(({ comment, lines }) => ({
    inside,
    comment,
    code: lines.join('\n'),
    name: /^\s*(?:readonly )?([\w$]+)/.exec(lines[0])[1],
  }));
}

/** The types that a declaration names and that are not the language's own, each with the file that declares it. */
function namedIn(code, file) {
  const { imports, declarations } = readTypes(file);
  const words = new Set(
    withoutComments(code)
      .replaceAll(/'[^']*'/g, '')
      .match(/\b[A-Z]\w*\b/g),
  );
  return [...words].flatMap((name) => {
    if (declarations.has(name)) return [{ name, from: file }];
    return imports.filter((known) => known.name === name);
  });
}

function find(name, file) {
  const declaration = readTypes(file).declarations.get(name);
  if (declaration === undefined) throw new Error(`${file} does not declare ${name}`);
  return declaration;
}

function readTypes(file) {
  const known = files.get(file);
  if (known !== undefined) return known;
  const lines = readFileSync(join(root, 'dist', 'types', file), 'utf8').split('\n');
  const read = { opening: '', imports: [], declarations: new Map() };
  files.set(file, read);
  for (const { comment, lines: own } of statementsOf(lines)) {
    const code = own.join('\n');
    const from = /^(?:import|export)\b.* from '(\.[^']+)';$/s.exec(code)?.[1];
    if (from !== undefined) {
      // A comment above what is passed on is about the whole file.
      if (comment !== '') read.opening = comment;
      const names = /\{(.*)\}/s.exec(code)?.[1].match(/\b[A-Za-z]\w*\b(?=\s*,|\s*$)/gm) ?? [];
      const path = join(dirname(file), from.replace(/\.ts$/, '.d.ts'));
      read.imports.push(...names.map((name) => ({ name, from: path, isExport: code.startsWith('export') })));
      continue;
    }
    const name = /^(?:export )?(?:declare )?(?:interface|type|class|function)\s+(\w+)/.exec(code)?.[1];
    if (name !== undefined) read.declarations.set(name, { name, code, comment, file });
  }
  return read;
}

/** Splits lines into statements, each with the doc comment above it. */
function statementsOf(lines) {
  const statements = [];
  let comment = [];
  let statement = [];
  let inComment = false;
  for (const line of lines) {
    const starts = !inComment && /^\s*\/\*\*/.test(line);
    const isComment = inComment || starts;
    if (isComment) inComment = !line.trimEnd().endsWith('*/');
    if (isComment && statement.length === 0) {
      // One that is followed by another was about what stands around it.
      if (starts) comment = [];
      comment.push(line);
      continue;
    }
    if (line.trim() === '' && statement.length === 0) continue;
    statement.push(line);
    if (isComment || !isWhole(statement)) continue;
    statements.push({ comment: comment.join('\n'), lines: statement });
    comment = [];
    statement = [];
  }
  return statements;
}

/** Whether a statement ends with this line: no bracket is open, and it has the end that its kind has. */
function isWhole(lines) {
  const code = withoutComments(lines.join('\n'));
  const depth = (code.match(/[{([]/g)?.length ?? 0) - (code.match(/[})\]]/g)?.length ?? 0);
  return (
    depth === 0 &&
    /[;}]\s*$/.test(code) &&
    (/;\s*$/.test(code) || /^(export )?(declare )?(interface|class)\b/.test(code))
  );
}

function withoutComments(code) {
  return code.replaceAll(/\/\*.*?\*\//gs, '');
}

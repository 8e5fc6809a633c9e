import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { findCut, memberBytes, readMembers, writeSegment } from '../../src/daemon/segment-file.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function spoolOf(content: Uint8Array): { readonly folder: string; readonly spool: string } {
  const folder = mkdtempSync(join(tmpdir(), 'segment-'));
  folders.push(folder);
  const spool = join(folder, 'stdout');
  writeFileSync(spool, content);
  return { folder, spool };
}

const lines = Buffer.from(Array.from({ length: 40_000 }, (_, line) => `line ${line} of a log\n`).join(''));

test('zcat gives back exactly the range that was compressed', async () => {
  const content = Buffer.concat([
    lines,
    randomBytes(200_000),
    Buffer.alloc(70_000),
    Buffer.from([0xff, 0xfe, 0x0a, 0]),
  ]);
  const { folder, spool } = spoolOf(content);
  const path = join(folder, 'stdout.0000.gz');
  const from = 12_345;
  const to = content.length - 17;
  const facts = await writeSegment({ spool, from, to, path, linesBefore: 5, fast: false });
  expect(execFileSync('zcat', [path], { maxBuffer: 1 << 26 }).equals(content.subarray(from, to))).toBe(true);
  expect(facts.bytes).toBe(statSync(path).size);
  expect(facts.sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('every member is reached alone, and its place in bytes and lines is the one that the table tells', async () => {
  const { folder, spool } = spoolOf(lines);
  const path = join(folder, 'stdout.0003.gz');
  const {
    members,
    bytes,
    lines: counted,
  } = await writeSegment({
    spool,
    from: 0,
    to: lines.length,
    path,
    linesBefore: 100,
    fast: true,
  });
  expect(members).toHaveLength(Math.ceil(lines.length / memberBytes));
  expect(counted).toBe(40_000);
  await using file = await open(path, 'r');
  for (const [index, [offset, fileOffset, linesBefore]] of members.entries()) {
    const data = await readMembers(file, { from: fileOffset, to: members[index + 1]?.[1] ?? bytes, count: 1 });
    expect(data.equals(lines.subarray(offset, offset + memberBytes))).toBe(true);
    const before = lines.subarray(0, offset).toString().split('\n').length - 1;
    expect(linesBefore).toBe(100 + before);
  }
});

test('the file has its name only when it is whole', async () => {
  const { folder, spool } = spoolOf(Buffer.from('short'));
  const path = join(folder, 'stdout.0000.gz');
  const broken = writeSegment({ spool, from: 0, to: 500, path, linesBefore: 0, fast: false });
  await expect(broken).rejects.toThrow('the file ends at byte 5');
  expect(readdirSync(folder)).not.toContain('stdout.0000.gz');
});

test.for([
  ['after the last newline', 'one\ntwo\nthr', 0, 11, 8],
  ['at the end where that is a newline', 'one\n', 0, 4, 4],
  ['where it was asked for, when there is no newline in the range', 'one\ntwothree', 4, 12, 12],
  ['never before the range', '\nabc', 1, 4, 4],
] as const)('a cut is made %s', async ([, content, from, to, cut]) => {
  expect(await findCut(spoolOf(Buffer.from(content)).spool, { from, to })).toBe(cut);
});

test('a line longer than many members is cut where it was asked for, and found from far behind', async () => {
  const content = Buffer.concat([Buffer.from('x\n'), Buffer.alloc(5 * memberBytes, 0x61)]);
  const { spool } = spoolOf(content);
  expect(await findCut(spool, { from: 0, to: content.length })).toBe(2);
  expect(await findCut(spool, { from: 2, to: content.length })).toBe(content.length);
});

import { expect, test } from 'vitest';

import { comparedBytesMax, comparedLog } from '../../src/cli/past/compared-log.ts';
import { fakeClient, logOf } from './fake-client.ts';

/** Of 512 KiB, nearly all of it characters of three bytes that are one unit of a string each. */
const line = Buffer.from(`${'\u65e5'.repeat(174_762)}xx`);
const linesMax = comparedBytesMax / line.length;

function compared(more: readonly string[], { lines }: { readonly lines: number }) {
  const pieces = Array.from({ length: lines }, () => ['stdout', Buffer.concat([line, Buffer.from('\n')])] as const);
  const rest = more.map((text) => ['stderr', `${text}\n`] as const);
  return comparedLog(fakeClient({ log: () => logOf([...pieces, ...rest]) }), 1);
}

test('as many bytes as are compared are compared whole, and for one more the first line goes', async () => {
  expect(Number.isInteger(linesMax)).toBe(true);
  const whole = await compared([], { lines: linesMax });
  expect({ lines: whole.lines.stdout.length, isCut: whole.isCut }).toEqual({ lines: linesMax, isCut: false });
  const cut = await compared(['x'], { lines: linesMax });
  expect({ lines: cut.lines.stdout.length, isCut: cut.isCut }).toEqual({ lines: linesMax - 1, isCut: true });
  expect(cut.lines.stderr).toEqual(['x']);
});

test('of a log that is longer, in whatever script, the last lines are compared as far as the bytes go', async () => {
  const { lines, isCut } = await compared(['the', 'end'], { lines: 3 * linesMax });
  expect({ lines: lines.stdout.length, isCut }).toEqual({ lines: linesMax - 1, isCut: true });
  expect(lines.stderr).toEqual(['the', 'end']);
});

import { expect, test } from 'vitest';

import { renderBlock, valueColumnsMin } from '../../src/cli/block.ts';
import { uncoloured } from '../../src/cli/style.ts';

test('what is beside a label gets so many columns, however narrow the terminal', async () => {
  const beside = async (last: string, width: number): Promise<string> =>
    await renderBlock({ sections: [[['label', ['a', last]]]], width, style: uncoloured });
  const most = 'x'.repeat(valueColumnsMin - 'a '.length);
  const labelled = 'label  '.length + valueColumnsMin;
  for (const width of [1, labelled]) {
    expect(await beside(most, width)).toBe(`label  a ${most}\n`);
    expect(await beside(`${most}x`, width)).toBe(`label  a\n       ${most}x\n`);
  }
  expect(await beside(`${most}x`, labelled + 1)).toBe(`label  a ${most}x\n`);
});

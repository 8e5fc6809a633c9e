import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runProgram } from '../support/run-program.ts';
import { root } from '../support/source-files.ts';

test('descriptors that a caller left open are closed, and neither the standard ones nor those that Node needs', async () => {
  const fixture = join(root, 'test', 'fixtures', 'close-inherited.ts');
  // Bash, since no other shell redirects numbers of two digits.
  const script = 'exec "$0" "$1" 1,40,57 40>&1 57</dev/null';
  const { stdout, stderr } = await runProgram(['bash', '-c', script, process.execPath, fixture]);
  expect({ ...JSON.parse(stdout), stderr }).toEqual({ before: ['1', '40', '57'], after: ['1'], stderr: '' });
});

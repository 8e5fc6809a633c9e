import { defineConfig } from 'vitest/config';

/** Where .ci/run wants the results as JSON beside what is shown. */
const results = process.env['GHOST_TEST_RESULTS'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Real daemons, real processes: a ceiling that a loaded two-core machine never reaches, so that only a hang does.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // They mostly wait for processes: more of them than cores keep those busy.
    maxWorkers: 4,
    // The bundles are built without msgpackr's native part; the tests read the same code.
    env: { MSGPACKR_NATIVE_ACCELERATION_DISABLED: 'true' },
    globalSetup: ['test/support/global-setup.ts'],
    ...(results === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: results } }),
  },
});

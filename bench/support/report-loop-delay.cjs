'use strict';
// Loaded before the daemon (node --require): with each SIGUSR2 it writes to the file named in GHOST_BENCH_LOOP how long
// its event loop was held up since the last one, in milliseconds beyond the millisecond that is asked for.
const { writeFileSync, renameSync } = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');

const path = process.env.GHOST_BENCH_LOOP;
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('SIGUSR2', () => {
  const beyond = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - 1);
  const report = {
    p50: beyond(delay.percentile(50)),
    p99: beyond(delay.percentile(99)),
    max: beyond(delay.max),
    count: delay.count,
  };
  delay.reset();
  writeFileSync(`${path}.tmp`, JSON.stringify(report));
  renameSync(`${path}.tmp`, path);
});

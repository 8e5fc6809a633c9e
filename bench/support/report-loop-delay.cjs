'use strict';
// Loaded before the daemon (node --require): with each SIGUSR2 it writes to the file named in GHOST_BENCH_LOOP how long a
// timer of a millisecond was late since the last one, in milliseconds: by the clock, and by the processor time that the
// daemon's own main thread used meanwhile. The second is what the daemon is to blame for; the first also has what the
// machine gave to others.
const { renameSync, writeFileSync } = require('node:fs');

const path = process.env.GHOST_BENCH_LOOP;
let clock = [];
let own = [];
let lastAt = performance.now();
let lastOwn = ownTime();

function ownTime() {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

setInterval(() => {
  const at = performance.now();
  const used = ownTime();
  clock.push(Math.max(0, at - lastAt - 1));
  own.push(used - lastOwn);
  lastAt = at;
  lastOwn = used;
}, 1).unref();

process.on('SIGUSR2', () => {
  const of = (values) => {
    const sorted = values.toSorted((one, other) => one - other);
    return { p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0, max: sorted.at(-1) ?? 0 };
  };
  writeFileSync(`${path}.tmp`, JSON.stringify({ clock: of(clock), own: of(own), count: clock.length }));
  renameSync(`${path}.tmp`, path);
  clock = [];
  own = [];
});

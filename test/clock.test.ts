import { afterEach, expect, test, vi } from 'vitest';

import { driftMsMax, systemClock } from '../src/clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('the time of day goes on with the fine clock, and is set by the system where that is further away than so much', () => {
  const wall = vi.spyOn(Date, 'now').mockReturnValue(1_000_000);
  const monotonic = vi.spyOn(performance, 'now').mockReturnValue(70);
  const clock = systemClock();
  monotonic.mockReturnValue(75.25);
  wall.mockReturnValue(1_000_005);
  expect(clock()).toBe(1_000_005_250);
  monotonic.mockReturnValue(80);
  for (const drift of [driftMsMax, -driftMsMax]) {
    wall.mockReturnValue(1_000_010 + drift);
    expect(clock()).toBe(1_000_010_000);
  }
  wall.mockReturnValue(1_000_010 + driftMsMax + 1);
  expect(clock()).toBe((1_000_010 + driftMsMax + 1) * 1000);
  // From there on it is the fine one again.
  monotonic.mockReturnValue(80.5);
  expect(clock()).toBe((1_000_010 + driftMsMax + 1) * 1000 + 500);
});

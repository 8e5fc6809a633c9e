import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Each frame makes much that lives for a moment. V8 gives such things ever more room while they are many: left alone the
 * screen comes to take twice what it needs, and kept at what it begins with, collecting costs a third of the work. From
 * this size on the room for what is new no longer grows, and that for what stays grows in smaller steps.
 */
const enoughBytes = 8 * 1024 * 1024;
const growthPercent = 50;

/** Stops the growth when it is enough; tells whether it has. Asked from time to time. */
export function holdHeap(): boolean {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  if (space === undefined || space.space_size < enoughBytes) return false;
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  return true;
}

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Each frame makes much that lives for a moment. V8 gives such things ever more room while they are many: left alone it
 * takes twice what the whole screen needs, and kept at what it begins with, collecting costs a third of the work. From
 * this size on it no longer grows.
 */
const enoughBytes = 8 * 1024 * 1024;

/** Stops the growth when it is enough; tells whether it has. Asked from time to time. */
export function holdYoungGeneration(): boolean {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  if (space === undefined || space.space_size < enoughBytes) return false;
  setFlagsFromString('--semi-space-growth-factor=1');
  return true;
}

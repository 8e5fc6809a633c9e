import { randomNumbers } from '../support/random-numbers.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { commandLines } from './targets/command-lines.ts';
import { dataFolders } from './targets/data-folders.ts';
import { messages } from './targets/messages.ts';
import { words } from './targets/words.ts';

export const targets: readonly FuzzTarget[] = [messages, commandLines, words, dataFolders];

/** What a target did wrong in a round, and what repeats it. */
interface Finding {
  readonly target: string;
  readonly seed: number;
  readonly complaints: readonly string[];
}

/**
 * Rounds of one target, each with a seed of its own that follows the one before, for as long as more are wanted. A round that went wrong
 * ends it: the target may be of no use after it.
 */
export async function fuzz(
  target: FuzzTarget,
  { seed, wantsMore }: { readonly seed: number; readonly wantsMore: (rounds: number) => boolean },
): Promise<{ readonly rounds: number; readonly finding: Finding | null }> {
  await using run = await target.begin();
  for (let round = 0; ; round += 1) {
    if (!wantsMore(round)) return { rounds: round, finding: null };
    const complaints = await run.round(randomNumbers(seed + round));
    if (complaints.length === 0) continue;
    return { rounds: round + 1, finding: { target: target.name, seed: seed + round, complaints } };
  }
}

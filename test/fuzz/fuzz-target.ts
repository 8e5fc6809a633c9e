/** Numbers from 0 to below what is asked for. */
export type Random = (below: number) => number;

/** Something that takes what others give it. */
export interface FuzzTarget {
  readonly name: string;
  begin(): Promise<FuzzRun>;
}

/** A target that has been made ready. */
export interface FuzzRun extends AsyncDisposable {
  /** Gives it something that is wrong in some way, and tells what it should not have done with it. */
  round(random: Random): Promise<readonly string[]>;
}

/** One of several. */
export function oneOf<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[random(choices.length)] ?? choices[0];
}

/** What to say of something that went wrong over some input, cut to what can be read. */
export function complaint(what: string, input: unknown): string {
  const text = JSON.stringify(input, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ?? '';
  return `${what}: ${text.length > 2_000 ? `${text.slice(0, 2_000)}… (${text.length} characters)` : text}`;
}

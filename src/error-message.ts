/** An error in its own words; of what was thrown and is no error, what it says as a text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * JSON that may be shown in a terminal whatever is in it: JSON itself escapes C0 only, and a terminal also acts on DEL,
 * C1 and the characters that turn the direction of writing.
 */
export function quietJson(value: unknown, { indent = 0 }: { readonly indent?: number } = {}): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text in the form in which it is one value, in quotes where it needs them. */
export function valueText(text: string): string {
  return /^~|[\s,:!"']/u.test(text) ? quotedText(text) : text;
}

export function quotedText(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/**
 * The start of a text: so many UTF-16 units of it at the most, and no half of a character as the last one. Such a half is
 * no text: it cannot be sent as it is, and is read back as something else.
 */
export function textStart(text: string, units: number): string {
  return text.slice(0, units).replace(/\p{Surrogate}$/u, '');
}

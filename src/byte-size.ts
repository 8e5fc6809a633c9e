import type { SizeLimit } from './settings.ts';

/** How sizes are written: the sentence after "must be". */
export const byteSizeWords = 'a size such as 4MiB, 500MB or 1048576';
export const sizeLimitWords = `${byteSizeWords}, or a part of the file system such as 10%`;

/** `K`, `M`, … alone are the powers of 1024, as du(1) and dd(1) take them. */
const unitBytes: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ...['k', 'm', 'g', 't', 'p'].flatMap((letter, index): [string, number][] => {
    const binary = 1024 ** (index + 1);
    return [
      [letter, binary],
      [`${letter}ib`, binary],
      [`${letter}b`, 1000 ** (index + 1)],
    ];
  }),
]);

/**
 * Reads a number of bytes: `4MiB`, `500 MB`, `1.5g`, `1048576`. Capitals do not matter; part of a byte is dropped.
 * @returns null where it is not one, or more than a number holds exactly.
 */
export function parseByteSize(text: string): number | null {
  const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : unitBytes.get(unit.toLowerCase());
  if (digits === undefined || factor === undefined) return null;
  const bytes = Math.floor(Number(digits) * factor);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Reads a number of bytes, or `10%`. @returns null where it is neither, or more than 100 %. */
export function parseSizeLimit(text: string): SizeLimit | null {
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(text.trim()) ?? [];
  if (percent !== undefined) return Number(percent) <= 100 ? { kind: 'percent', value: Number(percent) } : null;
  const bytes = parseByteSize(text);
  return bytes === null ? null : { kind: 'bytes', value: bytes };
}

/** A number of bytes in the shortest form that `parseByteSize` reads back exactly: `4MiB`, `1000001`. */
export function formatByteSize(bytes: number): string {
  const units = ['', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const place =
    bytes === 0
      ? 0
      : Math.max(
          0,
          units.findLastIndex((_, power) => bytes % 1024 ** power === 0),
        );
  return `${bytes / 1024 ** place}${units[place]}`;
}

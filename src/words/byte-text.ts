/** A number of bytes for a person: `512 B`, `1.2 KiB`, `34.0 MiB`. */
export function byteText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let amount = bytes;
  let place = 0;
  // From 1023.95 on one decimal would round to 1024.0 of the smaller unit.
  while (amount >= (place === 0 ? 1024 : 1023.95) && place < units.length - 1) {
    amount /= 1024;
    place += 1;
  }
  return `${place === 0 ? amount : amount.toFixed(1)} ${units[place]}`;
}

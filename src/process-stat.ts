/**
 * A line of /proc/PID/stat: its fields as proc_pid_stat(5) numbers them, "" where there is none. The program's name is the
 * second one and may hold anything, spaces and parentheses too, so the rest begins after the last `)`.
 */
export function readStat(line: string): { readonly pid: number; readonly field: (number: number) => string } {
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .trimEnd()
    .split(' ');
  return { pid: Number.parseInt(line, 10), field: (number) => fields[number - 3] ?? '' };
}

/** The shell that scripts run in: the user's own. */
export function userShell({ SHELL: shell }: Readonly<Record<string, string | undefined>>): string {
  return shell === undefined || shell === '' ? '/bin/sh' : shell;
}

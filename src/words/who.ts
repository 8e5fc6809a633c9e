import type { Actor } from '../journal/events.ts';
import type { NameOfUser } from '../user-names.ts';
import { visible } from './visible.ts';

/** A user by name, or `uid 1000` where nobody here knows the name; null where not even the uid is known. */
export function userWords(uid: number | null, { nameOf }: { readonly nameOf: NameOfUser }): string | null {
  if (uid === null) return null;
  const name = nameOf(uid);
  return name === null ? `uid ${uid}` : visible(name);
}

/** `/dev/pts/3` as people call it: `pts/3`. */
export function terminalWords(terminal: string): string {
  return visible(terminal.replace(/^\/dev\//, ''));
}

/** All that is known of who asked: `ada on pts/3, process 812, ghost-cli 0.1.0: ghost stop 42`. */
export function whoWords(actor: Actor, { nameOf }: { readonly nameOf: NameOfUser }): string {
  const { uid, pid, client, terminal, commandLine } = actor;
  const user = userWords(uid, { nameOf }) ?? 'somebody';
  const where = terminal === null ? user : `${user} on ${terminalWords(terminal)}`;
  const parts = [where, ...(pid === null ? [] : [`process ${pid}`]), visible(client)];
  return `${parts.join(', ')}${commandLine === null ? '' : `: ${commandLineWords({ client, commandLine })}`}`;
}

/** A command line as it was typed: of ghost's own without the program and the file that `ghost` stands for. */
export function commandLineWords({
  client,
  commandLine,
}: {
  readonly client: string;
  readonly commandLine: string;
}): string {
  const launched = /^\S*node(?: -\S+)* \S*ghost(?:\.cjs)?(?= |$)/;
  return visible(client.startsWith('ghost-cli') ? commandLine.replace(launched, 'ghost') : commandLine);
}

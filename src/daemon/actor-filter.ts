import type { Actor } from '../journal/events.ts';
import type { NameOfUser } from '../user-names.ts';

/** Whether what an actor did is wanted, asked with its JSON text as the journal has it. */
export type AcceptsActor = (actor: string) => boolean;

/** How many different actors are remembered: each command is another one, each daemon's own doings are one. */
const rememberedMax = 1_000;

/**
 * Accepts the actors in whose words a text occurs, whatever the case of its letters: client, command line, terminal or
 * user name; of a uid and a pid it must be the whole. Null accepts all.
 */
export function actorFilter(text: string | null, { nameOf }: { readonly nameOf: NameOfUser }): AcceptsActor {
  if (text === null) return () => true;
  const wanted = text.toLowerCase();
  const remembered = new Map<string, boolean>();
  return (json) => {
    const known = remembered.get(json);
    if (known !== undefined) return known;
    const { client, commandLine, terminal, uid, pid } = JSON.parse(json) as Actor;
    const words = [client, commandLine, terminal, uid === null ? null : nameOf(uid)];
    const fits =
      words.some((word) => word?.toLowerCase().includes(wanted) === true) ||
      [uid, pid].some((number) => number !== null && String(number) === wanted);
    if (remembered.size >= rememberedMax) remembered.clear();
    remembered.set(json, fits);
    return fits;
  };
}

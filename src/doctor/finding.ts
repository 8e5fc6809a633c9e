import { messageOf } from '../error-message.ts';

/** What one check came to, as it is shown and as `--json` prints it. */
export interface Finding {
  /** What was looked at, in a word or two: the first column. */
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'problem' | 'mended';
  /** What was found, in a sentence; of what is mended, what was done about it. */
  readonly message: string;
  /** What to type to mend it, null where there is nothing to type. */
  readonly hint: string | null;
  /** Whether `ghost doctor --fix` mends it. */
  readonly mendable: boolean;
}

/** A finding before it is settled: with the way to mend it, or null where a person has to. */
export interface Found extends Finding {
  readonly mend: Mend | null;
}

/** Mends what was found. Gives what was done, in words. @throws where it could not be. */
export type Mend = () => string | Promise<string>;

export function ok(check: string, message: string): Found {
  return { check, status: 'ok', message, hint: null, mendable: false, mend: null };
}

/** Something that costs nothing yet, or that only a person can judge. */
export function warning(check: string, message: string, care: Care = {}): Found {
  return wrong('warning', { check, message, care });
}

/** Something that ghost does not work with, or not as it promises. */
export function problem(check: string, message: string, care: Care = {}): Found {
  return wrong('problem', { check, message, care });
}

interface Care {
  readonly hint?: string;
  readonly mend?: Mend | null;
}

function wrong(
  status: 'warning' | 'problem',
  { check, message, care: { hint = '', mend = null } }: { check: string; message: string; care: Care },
): Found {
  return {
    check,
    status,
    message,
    hint: hint === '' ? (mend === null ? null : 'ghost doctor --fix') : hint,
    mendable: mend !== null,
    mend,
  };
}

/** The finding as it is told: with `fix`, mended where that is safe. */
export async function settle({ mend, ...finding }: Found, { fix }: { readonly fix: boolean }): Promise<Finding> {
  if (!fix || mend === null) return finding;
  try {
    return { ...finding, status: 'mended', message: `${finding.message}: ${await mend()}`, hint: null };
  } catch (error) {
    const why = messageOf(error);
    return { ...finding, status: 'problem', message: `${finding.message}; it could not be mended: ${why}` };
  }
}

/** So many are named in a sentence. */
export const namesShown = 5;

/** The first few names and how many more there are, for a sentence. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, namesShown).join(', ');
  return names.length > namesShown ? `${shown} and ${names.length - namesShown} more` : shown;
}

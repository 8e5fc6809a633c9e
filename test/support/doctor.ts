import { connect } from '../../src/client/library.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import type { GhostHome, GhostOptions } from './ghost-home.ts';

interface Examination {
  readonly status: number | null;
  readonly findings: readonly Finding[];
  /** Those that are not ok, as `status check`. */
  readonly wrong: readonly string[];
  /** All that is said about one check. */
  about(check: string): string;
}

/** Runs `ghost doctor --json` and gives what it found. */
export async function examineHome(
  home: GhostHome,
  args: readonly string[] = [],
  options: GhostOptions = {},
): Promise<Examination> {
  const { status, stdout, stderr } = await home.ghost(['doctor', '--json', ...args], options);
  if (stdout === '') throw new Error(`ghost doctor said nothing: ${stderr}`);
  const findings = JSON.parse(stdout) as readonly Finding[];
  return {
    status,
    findings,
    wrong: findings.filter((finding) => finding.status !== 'ok').map((finding) => `${finding.status} ${finding.check}`),
    about: (check) =>
      findings
        .filter((finding) => finding.check === check)
        .map(({ message, hint }) => `${message} → ${hint ?? ''}`)
        .join('\n'),
  };
}

/** A home in which some tasks have run, one after the other, and no daemon is left. */
export async function livedIn(home: GhostHome, { tasks = 3 }: { tasks?: number } = {}): Promise<void> {
  await home.ok(['list']);
  await using client = await connect({ home: home.path, start: false });
  for (let place = 1; place <= tasks; place += 1) {
    const { id } = await client.run({ command: ['echo', `task ${place}`], environment: [['PATH', '/usr/bin:/bin']] });
    await client.wait([String(id)]);
  }
  await client.shutdown();
}

import { auditSpecs } from './audit-specs.ts';
import { careSpecs } from './care-specs.ts';
import { changeSpecs } from './change-specs.ts';
import { type CommandSpec, commonOptions, type OptionSpec } from './command-spec.ts';
import { daemonSpecs } from './daemon-specs.ts';
import { endSpecs } from './end-specs.ts';
import { historySpecs } from './history-specs.ts';
import { lookSpecs } from './look-specs.ts';
import { rhythmSpecs } from './rhythm-specs.ts';
import { screenSpecs } from './screen-specs.ts';

/** Every command that there is, in the order in which help shows them. */
export const commandTable: readonly CommandSpec[] = [
  ...lookSpecs,
  ...screenSpecs,
  ...endSpecs,
  ...historySpecs,
  ...auditSpecs,
  ...rhythmSpecs,
  ...changeSpecs,
  ...daemonSpecs,
  ...careSpecs,
];

/** The command that bears a name or an alias, or null. */
export function findCommand(word: string): CommandSpec | null {
  return commandTable.find(({ name, alias }) => word === name || word === alias) ?? null;
}

/** All options that a command understands: its own, then those of every command that it has no other meaning for. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  const own = command.options.map(({ long }) => long);
  return [...command.options, ...commonOptions.filter(({ long }) => !own.includes(long))];
}

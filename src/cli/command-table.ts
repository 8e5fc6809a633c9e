import { type CommandSpec, commonOptions, type OptionSpec } from './command-spec.ts';
import { daemonSpecs } from './daemon-specs.ts';
import { endSpecs } from './end-specs.ts';
import { lookSpecs } from './look-specs.ts';

/** Every command that there is, in the order in which help shows them. */
export const commandTable: readonly CommandSpec[] = [...lookSpecs, ...endSpecs, ...daemonSpecs];

/** The command that bears a name or an alias, or null. */
export function findCommand(word: string): CommandSpec | null {
  return commandTable.find(({ name, alias }) => word === name || word === alias) ?? null;
}

/** All options that a command understands: its own, then those of every command. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  return [...command.options, ...commonOptions];
}

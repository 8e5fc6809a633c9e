import { quietJson } from '../quiet-json.ts';
import type { CommandContext } from './command.ts';
import type { Invocation } from './parse.ts';

/** Prints one JSON value: indented for a person at a terminal, on one line for a program. */
export async function printJson(value: unknown, { stdout }: Pick<CommandContext, 'stdout'>): Promise<void> {
  await stdout.write(`${quietJson(value, { indent: stdout.isTerminal ? 2 : 0 })}\n`);
}

/** Prints the answers about tasks: several named, an array, whatever came of them; one named, its object if there is one. */
export async function printJsonOf(
  answers: readonly unknown[],
  { words, context }: { readonly words: Invocation['words']; readonly context: CommandContext },
): Promise<void> {
  if (words.length !== 1) return await printJson(answers, context);
  if (answers.length > 0) await printJson(answers[0], context);
}

import { wrapWords } from './block.ts';
import { commandGroups, type CommandSpec, type OptionSpec } from './command-spec.ts';
import { commandTable, optionsOf } from './command-table.ts';
import type { Style } from './style.ts';

const columns = 80;

/** The overview of all commands, in the order in which a person meets them. */
export async function overview(style: Style): Promise<string> {
  const names = commandTable.map(({ name, alias }) => (alias === null ? name : `${name}, ${alias}`));
  const indent = Math.max(...names.map((name) => name.length)) + 4;
  const groups = commandGroups.map((group) => {
    const lines = commandTable.flatMap((command, place) =>
      command.group === group ? [`  ${(names[place] ?? '').padEnd(indent - 2)}${command.summary}\n`] : [],
    );
    return `${style.bold(group)}\n${lines.join('')}`;
  });
  return [
    `ghost runs any command in the background, keeps all that it prints, and\nremembers what happened to it.\n`,
    `${style.bold('Usage')}\n  ghost COMMAND [OPTIONS] [WORDS]\n`,
    ...groups,
    'A task is named by its number (42), its name, the first letters of its UUID, or\n@last. "ghost help COMMAND" says more about one.\n',
  ].join('\n');
}

/** What one command does and how it is used. */
export async function commandHelp(command: CommandSpec, style: Style): Promise<string> {
  const { name, alias, words, description, options, examples } = command;
  const usage = ['ghost', name, '[OPTIONS]', words.usage].filter((part) => part !== '').join(' ');
  const also = alias === null ? '' : `  ghost ${alias} is the same.\n`;
  const all = optionsOf(command);
  const common = all.slice(options.length);
  const width = Math.max(...all.map((option) => spelling(option).length)) + 4;
  return [
    `${style.bold('Usage')}\n  ${usage}\n${also}`,
    `${(await wrapWords(description.split(' '), columns)).join('\n')}\n`,
    ...(options.length === 0 ? [] : [`${style.bold('Options')}\n${await optionLines(options, width)}`]),
    `${style.bold('For every command')}\n${await optionLines(common, width)}`,
    `${style.bold('Examples')}\n${exampleLines(examples, style)}`,
  ].join('\n');
}

async function optionLines(options: readonly OptionSpec[], indent: number): Promise<string> {
  let text = '';
  for (const option of options) {
    const description = option.repeatable ? `${option.description}; may be repeated` : option.description;
    const [first, ...more] = await wrapWords(description.split(' '), columns - indent);
    text += `  ${spelling(option).padEnd(indent - 2)}${first}\n`;
    for (const line of more) text += `${' '.repeat(indent)}${line}\n`;
  }
  return text;
}

function spelling({ long, short, value }: OptionSpec): string {
  const name = short === null ? `    --${long}` : `-${short}, --${long}`;
  return value === null ? name : `${name} ${value}`;
}

/**
 * The comment beside each example is the shell's own, so that the whole line can be pasted. Where one of them finds no
 * room there, each stands above its example.
 */
function exampleLines(examples: CommandSpec['examples'], style: Style): string {
  const width = Math.max(...examples.map(({ type }) => type.length)) + 2;
  const beside = examples.every(({ does }) => width + does.length + 4 <= columns);
  return examples
    .map(({ type, does }) => {
      const comment = style.dim(`# ${does}`);
      return beside ? `  ${type.padEnd(width)}${comment}\n` : `  ${comment}\n  ${type}\n`;
    })
    .join('');
}

import { GhostError } from '../ghost-error.ts';
import { findInvalidWord } from './argument-bytes.ts';
import type { CommandName } from './command-spec.ts';
import type { CliWorld, Command, CommandResult } from './command.ts';
import { audit } from './commands/audit.ts';
import { daemon } from './commands/daemon.ts';
import { diff } from './commands/diff.ts';
import { exportTask } from './commands/export.ts';
import { kill } from './commands/kill.ts';
import { list } from './commands/list.ts';
import { log } from './commands/log.ts';
import { replay } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { show } from './commands/show.ts';
import { stop } from './commands/stop.ts';
import { timeline } from './commands/timeline.ts';
import { screen } from './commands/ui.ts';
import { version } from './commands/version.ts';
import { wait } from './commands/wait.ts';
import { why } from './commands/why.ts';
import { parseCommandLine } from './parse.ts';
import type * as rare from './rare.ts';
import { reportError } from './report-error.ts';
import { styleFor } from './style.ts';

const commands: { readonly [C in CommandName]: Command } = {
  run,
  list,
  show,
  log,
  grep: rarely('grep'),
  wait,
  stop,
  kill,
  restart: rarely('restart'),
  ui: screen,
  doctor: rarely('doctor'),
  config: rarely('config'),
  completion: rarely('completion'),
  redact: rarely('redact'),
  tag: rarely('tag'),
  rename: rarely('rename'),
  export: exportTask,
  diff,
  replay,
  timeline,
  why,
  audit,
  history: async (invocation, context) => await (await import('./history.ts')).history(invocation, context),
  status: rarely('status'),
  prune: rarely('prune'),
  shutdown: rarely('shutdown'),
  daemon,
  help: rarely('help'),
  version,
};

type RareCommand = CommandName & keyof typeof rare;

/** See `rare.ts`: loaded when it is asked for. */
function rarely(name: RareCommand): Command {
  return async (invocation, context) => await (await import('./rare.ts'))[name](invocation, context);
}

/** Does what the words after `ghost` say. Everything that goes wrong is told on stderr and becomes an exit status. */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<CommandResult> {
  const { stdout, stderr, environment } = world;
  let refused = argv[0] === '--no-color';
  let help = 'ghost help';
  const style = ({ isTerminal }: { readonly isTerminal: boolean }) => styleFor({ isTerminal, environment, refused });
  try {
    const invocation = parseCommandLine(argv, { alone: opensScreen(world) ? 'ui' : 'help' });
    refused = invocation.options.has('no-color');
    help = `ghost ${invocation.command} --help`;
    if (invocation.command === 'run') refuseInvalidBytes(argv, world);
    const context = { ...world, style: style(stdout), stderrStyle: style(stderr), help };
    return await commands[invocation.command](invocation, context);
  } catch (error) {
    return await reportError(error, { stderr, environment, stderrStyle: style(stderr), help });
  }
}

/** Whether `ghost` alone opens the screen: where a person sits at a terminal that can show it. */
function opensScreen({ stdout, environment, stdinIsTerminal }: CliWorld): boolean {
  const { TERM: terminal } = environment;
  return stdout.isTerminal && terminal !== 'dumb' && stdinIsTerminal();
}

/** What Node could not decode has become U+FFFD by now, and would reach the program as something else than was typed. */
function refuseInvalidBytes(argv: readonly string[], { rawArguments }: CliWorld): void {
  const place = findInvalidWord(argv, rawArguments);
  if (place === null) return;
  throw new GhostError(
    'spawn-failed',
    `word ${place + 1} after "ghost" is not valid UTF-8, and ghost cannot pass it on byte for byte; nothing was started`,
    { hint: 'put the command into a script file and run that: ghost run sh FILE' },
  );
}

import { GhostError } from '../../ghost-error.ts';
import type { VerifyProgress, VerifyResult } from '../../protocol/answers.ts';
import { damagesMax } from '../../protocol/limits.ts';
import { counted } from '../../words/task-words.ts';
import { visible } from '../../words/visible.ts';
import type { CommandContext } from '../command.ts';
import { printJson } from '../json-text.ts';
import { ProgressLine, partOf } from '../progress-line.ts';

/**
 * `ghost audit --verify`: asks the daemon to check the whole journal, and where it refuses to work with the journal as it
 * is, checks it here. Says how much was checked and the head, to be kept elsewhere; 1 where something does not hold.
 */
export async function printVerification(
  context: CommandContext,
  { json }: { readonly json: boolean },
): Promise<number> {
  const { result, hint } = await checked(context);
  const { damages } = result;
  if (json) await printJson(result, context);
  else await context.stdout.write(answerText(result));
  if (damages.length > 0 && hint !== '') {
    await context.stderr.write(context.stderrStyle.dim(`  try: ${visible(hint)}`) + '\n');
  }
  return damages.length === 0 ? 0 : 1;
}

async function checked(context: CommandContext): Promise<{ readonly result: VerifyResult; readonly hint: string }> {
  try {
    const client = await context.connect({ start: true });
    return { result: await drain(client.verify(), context), hint: '' };
  } catch (error) {
    if (!(error instanceof GhostError && error.code === 'journal-unusable')) throw error;
    const { verifyFolder, howToGoOn } = await context.loadVerifier();
    const result = await drain(verifyFolder(context.environment), context);
    // What keeps the daemon from it is something else.
    if (result.damages.length === 0) throw error;
    return { result, hint: howToGoOn(context.environment) };
  }
}

/** Goes through to the end, with one line on a terminal that is gone at the end. */
async function drain(
  steps: AsyncGenerator<VerifyProgress, VerifyResult, void>,
  context: CommandContext,
): Promise<VerifyResult> {
  await using line = new ProgressLine(context);
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
    await line.draw(() => progressText(step.value));
  }
}

function progressText({ events, eventsTotal, segments, segmentsTotal }: VerifyProgress): string {
  return events < eventsTotal
    ? `checking event ${partOf(events, eventsTotal)}`
    : `checking segment ${partOf(segments, segmentsTotal)}`;
}

function answerText({ events, segments, head, damages }: VerifyResult): string {
  const checkedThings = `${counted(events, { one: 'event', many: 'events' })} and ${counted(segments, { one: 'segment', many: 'segments' })} checked`;
  const things = counted(damages.length, { one: 'thing does', many: 'things do' });
  const verdict =
    damages.length === 0 ? 'all hold' : `${damages.length < damagesMax ? '' : 'at least '}${things} not hold`;
  const told = damages.map(({ message }) => `${visible(message)}\n`).join('');
  return `${told}${checkedThings}: ${verdict}\nhead ${head}\n`;
}

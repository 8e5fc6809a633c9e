import type { Finding } from '../../doctor/finding.ts';
import type { DaemonAnswer, DoctorProgress } from '../../doctor/patient.ts';
import { GhostError } from '../../ghost-error.ts';
import { counted } from '../../words/task-words.ts';
import { visible } from '../../words/visible.ts';
import { wrapWords } from '../block.ts';
import type { Command, CommandContext } from '../command.ts';
import { printJson } from '../json-text.ts';
import { ProgressLine, partOf } from '../progress-line.ts';

/**
 * `ghost doctor`: one finding after the other as it is found, and a sentence at the end. 1 where problems are left. It
 * starts no daemon, and works where none can start.
 */
export const doctor: Command = async ({ options }, context) => {
  const { examine } = await context.loadDoctor();
  const fix = options.has('fix');
  const findings: Finding[] = [];
  const { environment, now, stdout } = context;
  await using line = new ProgressLine(context);
  for await (const finding of examine({
    environment,
    fix,
    rebuild: options.has('rebuild'),
    onProgress: async (progress) => await line.draw(() => progressText(progress)),
    askDaemon: () => askDaemon(context),
    nowMs: now(),
  })) {
    findings.push(finding);
    await line.clear();
    if (!options.has('json')) await stdout.write(await findingLines(finding, context));
  }
  if (options.has('json')) await printJson(findings, context);
  else await stdout.write(`\n${await wrapped(summary(findings, { fix }), stdout.columns)}\n`);
  return findings.some(({ status }) => status === 'problem') ? 1 : 0;
};

function progressText({ step, events, eventsTotal }: DoctorProgress): string {
  if (step === 'reading') return `reading event ${partOf(events, eventsTotal)}`;
  return events < eventsTotal ? `folding event ${partOf(events, eventsTotal)}` : 'comparing with what was kept';
}

async function askDaemon({ connect }: CommandContext): Promise<DaemonAnswer> {
  try {
    const client = await connect({ start: false });
    const { pid, version } = await client.status();
    return { kind: 'answers', pid, version, rebuild: () => client.rebuild() };
  } catch (error) {
    if (!(error instanceof GhostError)) throw error;
    const { code, message, hint } = error;
    return code === 'daemon-not-running' ? { kind: 'none' } : { kind: 'failed', code, message, hint };
  }
}

/** The widths of the two first columns: the longest words there are. */
const statusWidth = 'problem'.length + 2;
const checkWidth = 'descriptors'.length + 2;
const indent = statusWidth + checkWidth;
/** On a narrower terminal the sentences get this, and lines of more than it is wide. */
export const textColumnsMin = 30;

async function findingLines({ check, status, message, hint }: Finding, context: CommandContext): Promise<string> {
  const { style, stdout } = context;
  const columns = stdout.columns === null ? null : Math.max(textColumnsMin, stdout.columns - indent);
  const lines = await wrapWords(visible(message).split(' '), columns);
  const hints = hint === null ? [] : await wrapWords(visible(`try: ${hint}`).split(' '), columns);
  const mark = style.verdict(status, status.padEnd(statusWidth));
  const first = `${mark}${check.padEnd(checkWidth)}${lines[0] ?? ''}\n`;
  const more = [...lines.slice(1), ...hints.map((line) => style.dim(line))];
  return `${first}${more.map((line) => `${' '.repeat(indent)}${line}\n`).join('')}`;
}

async function wrapped(text: string, columns: number | null): Promise<string> {
  return (await wrapWords(text.split(' '), columns)).join('\n');
}

function summary(findings: readonly Finding[], { fix }: { readonly fix: boolean }): string {
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const left = findings.filter(({ status }) => status === 'problem' || status === 'warning');
  const parts = [
    ...(count('mended') > 0 ? [`${count('mended')} mended`] : []),
    ...(count('problem') > 0 ? [counted(count('problem'), { one: 'problem', many: 'problems' })] : []),
    ...(count('warning') > 0 ? [counted(count('warning'), { one: 'warning', many: 'warnings' })] : []),
  ];
  if (left.length === 0) return count('mended') > 0 ? `${parts.join(', ')}; all is well now` : 'all is well';
  const mendable = left.filter(({ mendable: can }) => can).length;
  return fix || mendable === 0
    ? parts.join(', ')
    : `${parts.join(', ')}; ghost doctor --fix mends ${mendable === left.length ? 'all of it' : `${mendable} of them`}`;
}

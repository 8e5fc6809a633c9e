import type { DaemonStatus } from '../../protocol/answers.ts';
import { version } from '../../version.ts';
import { byteText } from '../../words/byte-text.ts';
import { fullTime, tookText } from '../../words/time-text.ts';
import { visible } from '../../words/visible.ts';
import { type BlockRow, renderBlock } from '../block.ts';
import type { Command } from '../command.ts';
import { printJson } from '../json-text.ts';
import { askRunningDaemon } from '../running-daemon.ts';

/** `ghost status`: 0 with a daemon, 3 without, and none is started for it. */
export const status: Command = async ({ options }, context) => {
  const answer = await askRunningDaemon(context, (client) => client.status());
  if (answer === null) {
    if (options.has('json')) await printJson({ running: false }, context);
    else await context.stderr.write(`${(await import('../rare.ts')).noDaemonText(context.environment)}\n`);
    return 3;
  }
  if (options.has('json')) {
    await printJson({ running: true, ...answer, clientVersion: version }, context);
  } else {
    const { stdout, style } = context;
    await stdout.write(
      await renderBlock({
        sections: [rowsOf(answer, await otherVersion(answer.version))],
        width: stdout.columns,
        style,
      }),
    );
  }
  return 0;
};

function rowsOf(daemon: DaemonStatus, otherVersionWords: string): readonly BlockRow[] {
  return [
    ['daemon', `up for ${tookText(daemon.uptimeMs)}, since ${fullTime(Date.parse(daemon.startedAt))}`],
    ['pid', String(daemon.pid)],
    ['version', `${visible(daemon.version)}, protocol ${daemon.protocol}${otherVersionWords}`],
    ['tasks', `${daemon.tasksRunning} running, ${daemon.tasksTotal} in all`],
    ['journal', `${daemon.events} events, ${byteText(daemon.journalBytes)}`],
    ['logs', byteText(daemon.logBytes)],
    ['memory', byteText(daemon.memoryBytes)],
    ['folder', visible(daemon.home)],
    ['socket', visible(daemon.socket)],
  ];
}

/** What to know where the daemon is not of the version that asks. */
async function otherVersion(daemon: string): Promise<string> {
  return daemon === version ? '' : `; ${(await import('../rare.ts')).otherVersionWords(daemon)}`;
}

import type { SettingOrigin } from '../../doctor/settings-origin.ts';
import { GhostError } from '../../ghost-error.ts';
import { visible } from '../../words/visible.ts';
import type { Command, CommandContext } from '../command.ts';
import { printJson } from '../json-text.ts';
import { renderTable, type TableColumn } from '../table.ts';
import { plainCell } from '../tasks-table.ts';

/** `ghost config`: what is in force and where each value comes from. Starts no daemon. */
export const config: Command = async ({ options }, context) => {
  const { stdout, stderr, environment, style } = context;
  const { explainSettings, settingsSchema } = await context.loadDoctor();
  if (options.has('schema')) {
    await stdout.write(`${JSON.stringify(settingsSchema(), null, 2)}\n`);
    return 0;
  }
  const { settings, file, changedMs } = explainSettings(environment);
  if (options.has('json')) await printJson(settings, context);
  else {
    await stdout.write(
      await renderTable({
        columns,
        rows: settings.map((setting) => [setting.key, visible(setting.value), originText(setting)].map(plainCell)),
        width: stdout.columns,
        paintTitle: (text) => style.dim(text),
      }),
    );
  }
  if (changedMs !== null && changedMs > ((await daemonStartMs(context)) ?? Number.POSITIVE_INFINITY)) {
    await stderr.write(
      `ghost: ${visible(file)} was changed after the daemon started, which goes on with what it read then\n`,
    );
    await stderr.write('  try: ghost shutdown  (tasks run on; the next command starts a daemon that reads it)\n');
  }
  return 0;
};

const columns: readonly TableColumn[] = [
  { title: 'SETTING', align: 'left', least: null, leaves: null },
  { title: 'VALUE', align: 'left', least: 12, leaves: null },
  { title: 'FROM', align: 'left', least: 12, leaves: null },
];

function originText({ source, from }: SettingOrigin): string {
  return from === null ? source : visible(from);
}

/** When the daemon that runs was started; null where none answers. */
async function daemonStartMs({ connect }: CommandContext): Promise<number | null> {
  try {
    const client = await connect({ start: false });
    return Date.parse((await client.status()).startedAt);
  } catch (error) {
    // Whatever is wrong with it is for `ghost doctor` to tell.
    if (error instanceof GhostError) return null;
    throw error;
  }
}

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { GhostHome } from '../support/ghost-home.ts';
import { ghostOnPath } from '../support/ghost-on-path.ts';
import { TestTerminal } from '../support/terminal.ts';

/** How each shell is started with nothing of its user's, and with a prompt that can be waited for. */
const shells = {
  bash: { start: 'bash --norc --noprofile', ready: `PS1='% '; source <(ghost completion bash)` },
  zsh: { start: 'zsh -f', ready: `PS1='%% '; autoload -Uz compinit; compinit -D; source <(ghost completion zsh)` },
  fish: {
    start: 'fish --no-config',
    ready: `function fish_prompt; echo '% '; end; function fish_right_prompt; end; set -g fish_autosuggestion_enabled 0; ghost completion fish | source`,
  },
} as const;

async function typing(home: GhostHome, shell: keyof typeof shells): Promise<TestTerminal> {
  const folder = join(home.work, 'here');
  mkdirSync(folder, { recursive: true });
  const env = { ...ghostOnPath(home), LC_ALL: 'C.UTF-8' };
  const terminal = await TestTerminal.open(home, { shell: shells[shell].start, env, cwd: folder });
  await terminal.command(`${shells[shell].ready}; echo rea''dy`);
  await terminal.sees(/^ready/m);
  await clear(terminal);
  return terminal;
}

/** Leaves nothing on the screen but a prompt. */
async function clear(terminal: TestTerminal): Promise<void> {
  await terminal.press('ctrl-l');
  await terminal.sees(/^% ?\n*$/);
}

/** Takes back what stands behind the prompt. */
async function clearLine(terminal: TestTerminal): Promise<void> {
  await terminal.press('ctrl-u');
  await terminal.sees(/^% ?$/m);
}

describe.for(['bash', 'zsh', 'fish'] as const)('in %s', (shell) => {
  test('Tab completes commands, options, values, and tasks by name', async () => {
    await using home = new GhostHome();
    await home.run(['-n', 'buildserver', '--', 'sleep', '300']);
    await using terminal = await typing(home, shell);
    for (const [typed, becomes] of [
      ['ghost shutd', 'ghost shutdown'],
      ['ghost run --fol', 'ghost run --follow'],
      ['ghost list --state fai', 'ghost list --state failed'],
      ['ghost list --state=fai', 'ghost list --state=failed'],
      ['ghost kill -s SIGWIN', 'ghost kill -s SIGWINCH'],
      ['ghost log -f build', 'ghost log -f buildserver'],
      ['ghost completion fi', 'ghost completion fish'],
    ] as const) {
      await terminal.type(typed);
      await terminal.press('tab');
      expect(await terminal.sees(`% ${becomes}`)).toContain(becomes);
      await clearLine(terminal);
    }
  });

  test('Tab after run completes what the shell would', async () => {
    await using home = new GhostHome();
    await using terminal = await typing(home, shell);
    mkdirSync(join(home.work, 'here', 'somefolder'));
    writeFileSync(join(home.work, 'here', 'somefile'), '');
    for (const [typed, becomes] of [
      ['ghost run -e A=B setpri', 'ghost run -e A=B setpriv'],
      ['ghost run cat somefi', 'ghost run cat somefile'],
      ['ghost run -C somefo', 'ghost run -C somefolder/'],
    ] as const) {
      await terminal.type(typed);
      await terminal.press('tab');
      await terminal.sees(`% ${becomes}`);
      await clearLine(terminal);
    }
    expect(home.daemonPid()).toBeNull();
  });

  test('what tasks are called is never read as shell', async () => {
    await using home = new GhostHome();
    const mark = join(home.work, 'owned');
    const names = [
      `evil$(touch ${mark})`,
      `bad\`touch ${mark}\``,
      `semi;touch ${mark};`,
      `quo'te"s and more`,
      '%F{red}*?[a]~',
    ];
    const script = `exit 0 # $(touch ${mark}) %F{red} \u001b[31m`;
    for (const name of names) await home.run(['-n', name, '--', 'sh', '-c', script]);
    await using terminal = await typing(home, shell);
    for (const [begin, name] of [
      ['ev', names[0]],
      ['bad', names[1]],
      ['sem', names[2]],
      ['quo', names[3]],
    ] as const) {
      await terminal.type(`ghost show --json ${begin}`);
      await terminal.press('tab');
      await terminal.sees(new RegExp(`ghost show --json ${begin}\\S{3}`));
      await terminal.command(' >name.json; echo do""ne');
      await terminal.sees(/^done/m);
      const shown = await home.task(name ?? '');
      expect(shown.name).toBe(name);
      await clear(terminal);
    }
    // All choices at once, with their descriptions.
    await terminal.type('ghost show ');
    await terminal.press('tab');
    await terminal.press('tab');
    await terminal.sees('@last');
    expect(existsSync(mark)).toBe(false);
  });
});

test('no daemon is started to be asked', async () => {
  await using home = new GhostHome();
  expect(await home.ok(['completion', '--candidates', '--', 'log', ''])).toBe('candidates');
  expect(existsSync(home.path)).toBe(false);
});

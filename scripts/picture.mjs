// Makes docs/screen.svg: the screen of the ghost that is built, in a real terminal (tmux), with tasks that really run.
//
//   npm run picture
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [columns, rows] = [92, 24];
const cell = { width: 8.4, height: 18, size: 14 };
const margin = 12;
/** As most terminals show the sixteen colours on a dark ground. */
const colours = ['#3b4048', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#c8ccd4'];
const bright = ['#7f848e', '#ff7a85', '#b5e890', '#ffd68a', '#7cc4ff', '#dd94f0', '#6fd3de', '#ffffff'];
const [ground, ink] = ['#1e2127', '#c8ccd4'];

const work = mkdtempSync(join(tmpdir(), 'picture-'));
const environment = {
  ...process.env,
  GHOST_HOME: join(work, 'home'),
  TERM: 'xterm-256color',
  COLORTERM: '',
};
delete environment.NO_COLOR;
try {
  live();
  writeFileSync(join(root, 'docs', 'screen.svg'), drawn(await shown()));
} finally {
  ghost('shutdown', '--stop-tasks');
  tmux('kill-server');
  rmSync(work, { recursive: true, force: true });
}

function live() {
  writeFileSync(join(work, 'build.sh'), 'echo compiling; sleep 0.6; echo done\n');
  writeFileSync(
    join(work, 'serve.cjs'),
    `const paths = ['/', '/cart', '/api/items', '/login', '/api/items/42'];
     let n = 0;
     setInterval(() => {
       const status = n % 7 === 4 ? 500 : 200;
       const colour = status === 200 ? 32 : 31;
       console.log(\`GET \${paths[n % 5]} \\x1b[\${colour}m\${status}\\x1b[0m \${(n++ * 7) % 40 + 2} ms\`);
     }, 120);`,
  );
  ghost('run', '-n', 'build', '--', 'sh', 'build.sh');
  ghost('run', '-n', 'test', '-c', 'echo "12 passed, 1 failed"; exit 1');
  ghost('run', '-n', 'backup', '--', 'sleep', '600');
  ghost('wait', 'build');
  ghost('kill', 'backup');
  ghost('run', '-n', 'server', '--', 'node', 'serve.cjs');
}

/** What is on the screen when the log of the server fills it, with its colours as escape sequences. */
async function shown() {
  const size = ['-x', String(columns), '-y', String(rows)];
  tmux('-f', '/dev/null', 'new-session', '-d', ...size, `${process.execPath} ${join(root, 'bin', 'ghost.cjs')} ui`);
  for (let tries = 0; tries < 200; tries += 1) {
    const text = tmux('capture-pane', '-p', '-e');
    if (text.split('\n').filter((line) => line.includes(' ms')).length >= 9) return text;
    await delay(100);
  }
  throw new Error('the screen never showed the log of the server');
}

function drawn(text) {
  const lines = text.replace(/\n$/, '').split('\n');
  const [width, height] = [columns * cell.width + 2 * margin, rows * cell.height + 2 * margin];
  const texts = lines.flatMap((line, row) => runsOf(line).map((run) => runText(run, row)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${cell.size}">
<title>The screen of ghost</title>
<rect width="${width}" height="${height}" rx="8" fill="${ground}"/>
${texts.join('\n')}
</svg>
`;
}

function runText({ text, column, style }, row) {
  const [x, y] = [margin + column * cell.width, margin + row * cell.height];
  const [over, under] = style.inverse ? [ground, style.colour] : [style.colour, null];
  const length = text.length * cell.width;
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const attributes = [
    `x="${x.toFixed(1)}" y="${y + cell.size}" fill="${over}" textLength="${length.toFixed(1)}" xml:space="preserve"`,
    style.bold ? ' font-weight="bold"' : '',
    style.dim ? ' opacity="0.6"' : '',
  ];
  const back =
    under === null
      ? ''
      : `<rect x="${x.toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="${cell.height}" fill="${under}"/>`;
  return `${back}<text ${attributes.join('')}>${escaped}</text>`;
}

/** The stretches of a line that look alike, by what SGR says of them (ECMA-48, 8.3.117). */
function runsOf(line) {
  const runs = [];
  let style = { colour: ink, bold: false, dim: false, inverse: false };
  let column = 0;
  for (const [, codes, text] of line.matchAll(/\u001b\[([\d;]*)m|([^\u001b]+)/g)) {
    if (text === undefined) {
      for (const code of (codes || '0').split(';').map(Number)) style = styled(style, code);
    } else {
      if (text.trim() !== '' || style.inverse) runs.push({ text, column, style });
      column += text.length;
    }
  }
  return runs;
}

function styled(style, code) {
  if (code === 0) return { colour: ink, bold: false, dim: false, inverse: false };
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 7 || code === 27) return { ...style, inverse: code === 7 };
  if (code === 39) return { ...style, colour: ink };
  if (code >= 30 && code <= 37) return { ...style, colour: colours[code - 30] };
  if (code >= 90 && code <= 97) return { ...style, colour: bright[code - 90] };
  return style;
}

function ghost(...words) {
  return execFileSync(process.execPath, [join(root, 'bin', 'ghost.cjs'), ...words], { env: environment, cwd: work });
}

function tmux(...words) {
  return execFileSync('tmux', ['-S', join(work, 'tmux'), ...words], { env: environment, encoding: 'utf8' });
}

// A daemon as far as its starter can tell: what it does is said by GHOST_FAKE, and what it was started with it writes
// into its data folder.
import * as fs from 'node:fs';
import * as net from 'node:net';
import { join } from 'node:path';

const home = process.env.GHOST_HOME;
const socket = process.env.GHOST_SOCKET;
const say = (line) => fs.writeSync(1, `${line}\n`);

fs.appendFileSync(join(home, 'started'), `${process.pid}\n`);
fs.writeFileSync(
  join(home, 'circumstances.json'),
  JSON.stringify({
    arguments: process.argv.slice(2),
    cwd: process.cwd(),
    environment: process.env,
    // Field 6 of proc_pid_stat(5).
    session: Number(
      fs
        .readFileSync('/proc/self/stat', 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[3],
    ),
    stdin: fs.readlinkSync('/proc/self/fd/0'),
  }),
);
fs.writeSync(2, 'a line for the log\n');

switch (process.env.GHOST_FAKE) {
  case 'ends':
    process.exit(3);
    break;
  case 'is-killed': {
    // As long as no more than so many were started.
    const starts = fs.readFileSync(join(home, 'started'), 'utf8').trim().split('\n').length;
    if (starts <= Number(process.env.GHOST_FAKE_KILLS)) process.kill(process.pid, 'SIGKILL');
    else serve(() => say('ready'));
    break;
  }
  case 'babbles':
    say('good morning');
    break;
  case 'refuses':
    say(
      JSON.stringify({
        code: 'journal-newer',
        message: 'a newer ghost wrote it',
        hint: 'upgrade',
        field: null,
        task: null,
      }),
    );
    break;
  case 'is-second':
    say(
      JSON.stringify({
        code: 'daemon-already-running',
        message: 'pid 1 has the lock',
        hint: '',
        field: null,
        task: null,
      }),
    );
    // The first one comes to listen only now.
    setTimeout(serve, 300);
    break;
  case 'makes-steps':
  case 'makes-no-steps': {
    // As if it had a large journal to bring up to date: longer than anybody waits for one that makes no steps.
    const stepsMost = process.env.GHOST_FAKE === 'makes-steps' ? Number(process.env.GHOST_FAKE_STEPS) : 1;
    let done = 0;
    const timer = setInterval(() => {
      if (done === stepsMost) return;
      done += 1;
      const progress = { pid: process.pid, step: 'fold', done, total: 2_000_000 };
      fs.writeFileSync(join(home, 'starting.json.new'), JSON.stringify(progress));
      fs.renameSync(join(home, 'starting.json.new'), join(home, 'starting.json'));
      if (done < Number(process.env.GHOST_FAKE_STEPS)) return;
      clearInterval(timer);
      fs.rmSync(join(home, 'starting.json'));
      serve(() => say('ready'));
    }, 100);
    break;
  }
  default:
    serve(() => say('ready'));
}

function serve(then = () => undefined) {
  const server = net.createServer((connection) => {
    connection.on('error', () => undefined);
    connection.resume();
  });
  server.listen(`${socket}.new`, () => {
    fs.renameSync(`${socket}.new`, socket);
    fs.writeFileSync(join(home, 'daemon.json'), JSON.stringify({ pid: process.pid, socket, version: '0' }));
    then();
  });
}

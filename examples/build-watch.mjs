// Runs a command as a task of ghost's, shows what it writes, and tells how it ended:
//
//   node build-watch.mjs [COMMAND [ARG...]]
//
// The task is ghost's, not this program's: end the program with Ctrl-C and the task runs on, see `ghost list`.
import { connect, GhostError } from 'ghost-journal';

const [, , ...words] = process.argv;
const command = words.length > 0 ? words : ['sh', '-c', 'echo compiling; echo "one warning" >&2; echo done; exit 3'];

try {
  // Starts the daemon where none runs. `await using` ends the connection when this block ends.
  await using ghost = await connect();

  // Settles once the command runs; a command that does not exist is refused here.
  const task = await ghost.run({ command, name: 'build', tags: ['example'] });
  const id = String(task.id);
  console.log(`task ${id} runs as pid ${task.pid}`);

  // The bytes in the order in which they were seen, until the task has ended.
  for await (const { stream, data } of ghost.log(id, { follow: true })) process[stream].write(data);

  const [ended] = await ghost.wait([id]);
  console.log(`task ${id}: ${ended.state}, exit code ${ended.exitCode ?? 'unknown'}`);

  const running = await ghost.list({ states: ['running'] });
  console.log(`${running.length} other tasks run now`);

  // What happened to it, as the journal has it for ever: from the first event on, until its end has come by.
  for await (const event of ghost.watch({ after: 0 })) {
    if (event.task !== task.id) continue;
    console.log(`${event.seq} ${event.type}`);
    if (event.type === 'TaskExited') break;
  }
} catch (error) {
  if (!(error instanceof GhostError)) throw error;
  // `code` is for programs, `message` says what happened, `hint` what to do.
  console.error(`${error.message}\n  ${error.hint}`);
  process.exitCode = 1;
}

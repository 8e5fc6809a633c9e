import { readFileSync } from 'node:fs';

import { GhostError } from '../ghost-error.ts';
import type { ClientConnection } from '../protocol/client-connection.ts';
import { waitForEnd } from './process-end.ts';
import { newRequestId } from './request-id.ts';

/** What `process.title` of a daemon is, as the kernel shows it (proc_pid_comm(5)). */
const daemonTitle = 'ghostd';

/**
 * Ends the daemon at the other end of a connection, whatever protocol it speaks, and settles when it is gone. Tasks that
 * run go on running.
 * @throws GhostError `daemon-stuck`; `protocol-mismatch` where it can neither be told nor be signalled.
 */
export async function endDaemon(connection: ClientConnection): Promise<{ readonly tasksRunning: number | null }> {
  try {
    const { pid } = await connection.hello;
    const answer = await connection.request('shutdown', { requestId: newRequestId(), stopTasks: false, graceMs: 0 });
    await waitForEnd(pid);
    return { tasksRunning: answer.tasksRunning };
  } catch (error) {
    if (!(error instanceof GhostError)) throw error;
    const pid = connection.greeting?.pid;
    // It ended by itself, or somebody ended it, at this very moment.
    if (error.code === 'connection-lost') {
      if (pid !== undefined) await waitForEnd(pid);
      return { tasksRunning: null };
    }
    // The signal does the same as the request and needs no protocol. Only where the pid is that of a daemon here, and
    // not of something else in another namespace of processes.
    if (error.code !== 'protocol-mismatch' || pid === undefined || !isDaemon(pid)) throw error;
    process.kill(pid, 'SIGTERM');
    await waitForEnd(pid);
    return { tasksRunning: null };
  } finally {
    await connection.close();
  }
}

function isDaemon(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === daemonTitle;
  } catch {
    return false;
  }
}

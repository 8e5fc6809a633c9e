import { type Instance, render } from 'ink';
import type { ReactElement } from 'react';

import { DaemonLink } from './daemon-link.ts';
import { holdHeap } from './heap-growth.ts';
import { Keyboard } from './keyboard.ts';
import { LogReader } from './log-reader.ts';
import { LogSearcher } from './log-searcher.ts';
import { PageActions } from './page-actions.ts';
import { type ScreenContext, sayWhy } from './screen-context.ts';
import { initialScreen, type ScreenSize } from './screen-state.ts';
import { ScreenStore } from './screen-store.ts';
import type { ScreenWorld } from './screen-world.ts';
import { Screen } from './screen.tsx';
import { TaskActions } from './task-actions.ts';
import { TaskExport } from './task-export.ts';
import { TaskStarter } from './task-starter.ts';
import { Terminal } from './terminal.ts';
import { TimeMachine } from './time-machine.ts';

const clockMs = 1_000;
const toastMs = 5_000;

/**
 * Opens the screen on the terminal, and settles with the exit status when it was left. However it is left, the terminal
 * is as it was. @throws what broke the screen itself.
 */
export async function openScreen(world: ScreenWorld): Promise<number> {
  const { stdout, environment } = world;
  const { NO_COLOR: noColour } = environment;
  const colour = world.colour && (noColour === undefined || noColour === '');
  using store = new ScreenStore(initialScreen({ size: sizeOf(stdout), nowMs: world.now() }));
  await using link = new DaemonLink(world, store);
  const terminal = new Terminal(world);
  let toasts = 0;
  const context: ScreenContext = {
    world: { ...world, colour },
    store,
    client: () => link.client,
    noticed: (error) => link.noticed(error),
    toast: (text, tone = 'good') => {
      const id = (toasts += 1);
      store.dispatch({ type: 'toasted', toast: { id, text, tone } });
      setTimeout(() => store.dispatch({ type: 'toast-faded', id }), toastMs).unref();
    },
    signalTerminal: (sequence) => terminal.signal(sequence),
  };
  using reader = new LogReader(context);
  using searcher = new LogSearcher(context, { reader });
  using time = new TimeMachine(context);
  using pages = new PageActions(context);
  const tasks = new TaskActions(context);
  const starter = new TaskStarter(context);
  const keyboard = new Keyboard(context, {
    tasks,
    starter,
    pages,
    reader,
    searcher,
    time,
    exporter: new TaskExport(context),
    reconnect: () => {
      store.dispatch({ type: 'connecting-again' });
      void link.open();
    },
    shutdown: () => void shutdown(context, link),
    suspend: () => void terminal.suspend(),
    quit: () => terminal.leave(),
  });
  // What has changed may ask for something: another log, news of the task whose details are open, a ring.
  const stop = store.subscribe(() => {
    reader.sync();
    pages.sync();
    tasks.ring();
  });
  let held = false;
  const clock = setInterval(() => {
    held ||= holdHeap();
    store.feed({ type: 'ticked', nowMs: world.now() });
  }, clockMs);
  const resized = (): void => store.dispatch({ type: 'resized', size: sizeOf(stdout) });
  stdout.on('resize', resized);
  const element: ReactElement = (
    <Screen
      store={store}
      colour={colour}
      place={starter.place}
      onKey={(key) => keyboard.press(key)}
      onPaste={(text) => keyboard.paste(text)}
      onHandOver={terminal.takeHandOver}
    />
  );
  try {
    // Asked before the first frame is drawn, which takes longer than the answer.
    void link.open();
    return await terminal.show((options): Instance => render(element, options));
  } finally {
    stop();
    clearInterval(clock);
    stdout.off('resize', resized);
  }
}

async function shutdown(context: ScreenContext, link: DaemonLink): Promise<void> {
  const { opened } = link;
  try {
    const { tasksRunning } = await context.client().shutdown();
    const goOn =
      tasksRunning === 0 ? 'no task runs' : `${tasksRunning} ${tasksRunning === 1 ? 'task goes' : 'tasks go'} on`;
    await link.leave(`The daemon was shut down; ${goOn}.`, { opened });
  } catch (error) {
    if (!context.noticed(error)) context.toast(sayWhy(error), 'bad');
  }
}

function sizeOf({ columns, rows }: Pick<ScreenWorld['stdout'], 'columns' | 'rows'>): ScreenSize {
  return { columns, rows };
}

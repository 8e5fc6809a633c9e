import type { LogReader } from './log-reader.ts';
import type { LogSearcher } from './log-searcher.ts';
import type { PageActions } from './page-actions.ts';
import type { TaskActions } from './task-actions.ts';
import type { TaskExport } from './task-export.ts';
import type { TaskStarter } from './task-starter.ts';
import type { TimeMachine } from './time-machine.ts';

/** Those who do what the keys say. */
export interface KeyServants {
  readonly tasks: TaskActions;
  readonly starter: TaskStarter;
  readonly pages: PageActions;
  readonly reader: LogReader;
  readonly searcher: LogSearcher;
  readonly time: TimeMachine;
  readonly exporter: TaskExport;
  readonly reconnect: () => void;
  readonly shutdown: () => void;
  readonly suspend: () => void;
  readonly quit: () => void;
}

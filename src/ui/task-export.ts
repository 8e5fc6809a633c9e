import type { ScreenContext } from './screen-context.ts';

export class TaskExport {
  readonly #context: ScreenContext;
  constructor(context: ScreenContext) {
    this.#context = context;
  }
  async write(file: string): Promise<void> {
    this.#context.toast(`not yet ${file}`);
    await Promise.resolve();
  }
}

/**
 * `ghost history` alone is a bundle, `dist/history.cjs`: it is asked for often, and is to be answered as fast as `ghost
 * list`, which loads none of this.
 */
export { history } from './commands/history.ts';

/** Where the words are that are shown: the daemon, which has no words, makes what it says visible as well. */
export { hasUnseen, visible } from '../visible.ts';

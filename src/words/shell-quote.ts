/** Where the words are that are shown: what checks folders, and has no words, says what to type as well. */
export { quoteCommand, quoteWord } from '../shell-quote.ts';

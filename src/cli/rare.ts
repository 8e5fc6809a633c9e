/**
 * The commands and ways of commands that are asked for now and then. They are a bundle of their own, `dist/rare.cjs`,
 * which is loaded when one of them is asked for: V8 has to read all that is in the bundle of the command line before
 * `ghost list` does anything.
 */
export { batchRequests } from './batch-request.ts';
export { Batch } from './batch.ts';
export { completion } from './commands/completion.ts';
export { config } from './commands/config.ts';
export { doctor } from './commands/doctor.ts';
export { grep } from './commands/grep.ts';
export { help } from './commands/help.ts';
export { prune } from './commands/prune.ts';
export { redact } from './commands/redact.ts';
export { rename } from './commands/rename.ts';
export { restart } from './commands/restart.ts';
export { shutdown } from './commands/shutdown.ts';
export { status } from './commands/status.ts';
export { tag } from './commands/tag.ts';
export { noDaemonText } from './starting-daemon.ts';
export { lineQuestion, waitForLine } from './wait-for-line.ts';
export { otherVersionWords, versionSentence } from '../words/version-words.ts';

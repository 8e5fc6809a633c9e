/** Every limit of the wire, with its name. PROTOCOL.md repeats them for those who write another client. */

/** The version that both sides must speak. A change that an older side cannot read is a new number. */
export const protocolVersion = 1;
/** The largest frame that either side accepts, in bytes of body. */
export const frameBytesMax = 8 * 1024 * 1024;
/** The largest request, in bytes of body: command line and environment included. */
export const requestBytesMax = 1024 * 1024;
/** How deep maps and arrays may nest in a message. */
export const messageDepthMax = 16;
/** How long a side may take for its hello after the connection is made. */
export const helloTimeoutMs = 5_000;
/** How long a client may pause in the middle of a frame. */
export const frameStallMs = 30_000;
/** Requests that one connection may have under way at once. */
export const requestsPerConnectionMax = 1_024;
/** So many messages of one connection are taken before everybody else has a turn. */
export const messagesAtOnceMax = 8;
/** Items of a stream that may be on their way before the reader has asked for more. */
export const streamWindowItems = 16;
/** The most items that one `more` may ask for. */
export const moreItemsMax = 1_024;
/** What may wait to go out on a connection before the daemon stops reading requests from it, in bytes. */
export const outgoingBytesMax = 1024 * 1024;
/** How long the daemon goes on reading, and throwing away, after a fault, so that the client gets to read it. */
export const faultLingerMs = 1_000;
/** The most bytes of a log in one item. */
export const logChunkBytesMax = 64 * 1024;
/** The most bytes of a stream in the block of one batch of a log. */
export const logBlockBytesMax = 256 * 1024;
/** The most parts in one batch of a log. */
export const logPartsMax = 256;
/** The most events in one item of `watch`. */
export const watchBatchMax = 500;
/** How long the texts of the events in one item of `watch` or `audit` may be together, in characters: it is full then. */
export const auditItemCharactersMax = 1024 * 1024;
/** The most tasks that an `audit` can be asked about at once. */
export const auditTasksMax = 1_000;
/** The most tasks in one answer of `history`. */
export const historyPageMax = 1_000;
/** The most tasks in one answer of `list`. */
export const listPageMax = 1_000;
/** From this size on an answer of `list` or `history` goes on in the next one, and an item of `table`, in bytes. */
export const pageBytesMax = 4 * 1024 * 1024;
export const itemBytesMax = 1024 * 1024;
/** The most terms of a filter, and the characters of one. */
export const filterTermsMax = 64;
export const filterTextCharactersMax = 1_024;
/** The most command lines in one answer of `historyStats`. */
export const statsRowsMax = 1_000;
/** The most tasks that an answer of `prune` tells of one by one, and of those that were hidden. */
export const pruneListMax = 10_000;
/** The most damages or differences that one check tells of. */
export const damagesMax = 100;
/** The most ended tasks that `table` gives. */
export const tableEndedMax = 10_000;
/** A task's name, in characters. */
export const nameCharactersMax = 128;
/** A tag, in characters, and how many a task may bear. */
export const tagCharactersMax = 64;
export const tagsMax = 32;
/** The shortest prefix of a UUID that names a task. */
export const uuidPrefixMin = 4;
/** What names a task in a request, whatever its form, in characters. */
export const taskReferenceCharactersMax = 256;
/** A request's id made by the client (letters, digits and `-`), in characters. */
export const requestIdCharactersMax = 64;
/** What a side says of itself in its hello (program, terminal), in characters. */
export const helloTextCharactersMax = 256;
/** The longest duration that may be given: about 24.8 days, what a timer of Node can hold. */
export const durationMsMax = 2_147_483_647;
/** The Linux kernel's limit for one argument or environment entry (MAX_ARG_STRLEN, execve(2)), in bytes with its NUL. */
export const argumentBytesMax = 131_072;

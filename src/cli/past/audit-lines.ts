import type { JournalEvent } from '../../journal/events.ts';
import { quoteCommand } from '../../shell-quote.ts';
import type { NameOfUser } from '../../user-names.ts';
import { cutTo, measureFor } from '../../words/display-width.ts';
import { eventSentence } from '../../words/event-sentence.ts';
import { dayOf, exactClockTime } from '../../words/time-text.ts';
import { whoWords } from '../../words/who.ts';
import { wrapWords } from '../block.ts';
import type { Style } from '../style.ts';

/** Of a command that was submitted so many columns are shown; `--json` has all of it. */
export const commandColumnsMax = 500;
/** A narrower terminal wraps by itself. */
export const textColumnsMin = 20;

interface AuditLooks {
  /** The terminal's columns, or null: every event is one line, and the same on any day. */
  readonly width: number | null;
  readonly style: Style;
  readonly nowMs: number;
  readonly nameOf: NameOfUser;
}

/** Draws events one after the other: number, time, task, what happened, and who did it. */
export class AuditLines {
  readonly #looks: AuditLooks;
  #seqWidth = 4;
  #taskWidth = 2;
  #lastWho = '';

  constructor(looks: AuditLooks) {
    this.#looks = looks;
  }

  async lines(event: JournalEvent): Promise<string> {
    const { width, style, nowMs, nameOf } = this.#looks;
    const seq = String(event.seq);
    const task = event.task === null ? '-' : String(event.task);
    this.#seqWidth = Math.max(this.#seqWidth, seq.length);
    this.#taskWidth = Math.max(this.#taskWidth, task.length);
    const atMs = event.at / 1000;
    const day = width !== null && dayOf(atMs) === dayOf(nowMs) ? '' : `${dayOf(atMs)} `;
    const head = `${seq.padStart(this.#seqWidth)}  ${day}${exactClockTime(atMs)}  ${task.padStart(this.#taskWidth)}  `;
    const says = await sentence(event);
    const who = event.actor.kind === 'client' ? whoWords(event.actor, { nameOf }) : '';
    if (width === null) return `${head}${says}${who === '' ? '' : ` (by ${who})`}\n`;
    // Once for all that one command came to.
    const isNew = who !== '' && who !== this.#lastWho;
    this.#lastWho = who;
    const columns = Math.max(textColumnsMin, width - head.length);
    const [first = '', ...more] = await wrapWords(says.split(' '), columns);
    const by = isNew ? await wrapWords(`by ${who}`.split(' '), columns) : [];
    const indent = ' '.repeat(head.length);
    const hanging = [...more, ...by.map((line) => style.dim(line))].map((line) => `${indent}${line}\n`);
    return `${style.dim(head)}${first}\n${hanging.join('')}`;
  }
}

async function sentence(event: JournalEvent): Promise<string> {
  const says = eventSentence(event, { by: () => '' });
  if (event.type !== 'TaskSubmitted') return says;
  const command = quoteCommand(event.data.command);
  return `${says}: ${cutTo(command, { columns: commandColumnsMax, measure: await measureFor([command]) })}`;
}

import { RecoveryState } from '../../../services/ports.ts';
import { formatClock } from '../format.ts';
import { printable } from '../width.ts';
import { type Display, isFinal, type Status, transferWords } from './status.ts';

/** Milliseconds between two lines about the progress of one operation. */
const INTERVAL = 1_000;

/** Lines for a file or a pipe: one for each change, and at most one a second for progress. */
export class PlainDisplay implements Display {
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #shownAt = new Map<string, number>();

  constructor(write: (text: string) => void, now = Date.now) {
    this.#write = write;
    this.#now = now;
  }

  show(status: Status, changed: boolean): void {
    const now = this.#now();
    const shownAt = this.#shownAt.get(status.id) ?? Number.NEGATIVE_INFINITY;
    if (!changed && now - shownAt < INTERVAL) return;
    if (isFinal(status.state)) this.#shownAt.delete(status.id);
    else this.#shownAt.set(status.id, now);
    const line = `${formatClock(now)}  ${status.label}  ${plainWords(status, changed)}`;
    this.#write(`${printable(line)}\n`);
  }

  note(line: string): void {
    this.#write(`${printable(line)}\n`);
  }

  stop(): void {
    this.#shownAt.clear();
  }
}

function plainWords({ state, attempt, reason, progress }: Status, changed: boolean): string {
  const words: string[] = [state];
  if (attempt > 0) words.push(`attempt ${attempt}`);
  if (progress !== null && (!changed || state === RecoveryState.IN_PROGRESS)) {
    words.push(transferWords(progress));
  } else if (reason !== null) {
    words.push(reason.message);
  }
  return words.join('  ');
}

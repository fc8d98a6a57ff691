import type { Transition } from '../../../services/ports.ts';
import type { ServerFeedItem } from '../../socket-client/index.ts';
import { formatInstant } from '../format.ts';
import { printable } from '../width.ts';
import { Notices } from './notices.ts';

export interface LineOptions {
  /** The server's address. */
  readonly url: string;
  /** A JSON object for each transition, instead of words. */
  readonly json: boolean;
  /** Gets a line for each transition. */
  readonly write: (line: string) => void;
  /** Gets a line for what is wrong with the way. */
  readonly note: (line: string) => void;
}

/** One line for each transition, for files, pipes and grep. */
export class TransitionLines {
  readonly #options: LineOptions;
  readonly #notices: Notices;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#notices = new Notices(options.url);
  }

  take(item: ServerFeedItem): void {
    const { json, write, note } = this.#options;
    if (item.kind === 'transition') {
      const { transition } = item;
      write(printable(json ? JSON.stringify(transition) : lineOf(transition)));
      return;
    }
    const notice = this.#notices.of(item);
    if (notice !== undefined) note(printable(notice));
  }
}

/** `2026-11-23 13:05:09  op-1  download  in_progress -> recovering  attempt 2  read ECONNRESET; retry 2 of 10 in 4000 ms`. */
export function lineOf(transition: Transition): string {
  const { at, from, to, reason } = transition;
  const who =
    transition.kind === 'breaker'
      ? [`breaker ${transition.key}`]
      : [transition.operationId, transition.name];
  const attempt =
    transition.kind === 'operation' && transition.attempt > 0
      ? [`attempt ${transition.attempt}`]
      : [];
  const change = from === null ? to : `${from} -> ${to}`;
  const why = reason === null ? [] : [reason.message];
  return [formatInstant(at), ...who, change, ...attempt, ...why].join('  ');
}

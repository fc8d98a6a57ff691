import type { ServerFeedItem } from '../../socket-client/index.ts';
import { formatDuration } from '../format.ts';

/** What a person must know of the way to a server: that something is missing, or comes late. */
export class Notices {
  readonly #url: string;
  /** It was live once. */
  #begun = false;
  /** Something is being caught up with. */
  #behind = false;
  #broken = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** The words for an item; undefined where there is nothing to say. */
  of(item: ServerFeedItem): string | undefined {
    switch (item.kind) {
      case 'conflated':
        return `behind: ${item.skipped} left out, each in favour of a later one of the same operation or breaker`;
      case 'snapshot':
        this.#behind = true;
        return `behind: what was missed is too much to be told; going on from ${item.position}`;
      case 'dropped':
        this.#behind = true;
        return `dropped, going on from ${item.position} in ${formatDuration(item.retryAfter)}: ${item.reason}`;
      case 'status':
        return item.status === 'live' ? this.#live() : this.#notLive(item.status);
      case 'transition':
      case 'progress':
        return undefined;
    }
  }

  #live(): string | undefined {
    const caughtUp = this.#behind;
    const first = !this.#begun;
    this.#behind = false;
    this.#broken = false;
    this.#begun = true;
    if (first) return `watching ${this.#url}; Ctrl-C ends it`;
    return caughtUp ? 'caught up' : undefined;
  }

  #notLive(status: string): string | undefined {
    if (status !== 'reconnecting') return undefined;
    const news = !this.#broken;
    this.#broken = true;
    this.#behind = true;
    return news ? `reconnecting to ${this.#url}` : undefined;
  }
}

import type { Observable, Subscription } from 'rxjs';
import type { Feed, FeedItem, FeedOptions, FeedSnapshot, Recovery, Transition } from '../ports.ts';
import { FeedBuffer } from './feed-buffer.ts';
import { checkedFeedOptions } from './feed-options.ts';
import { fits, onlyOwner } from './filter.ts';
import type { Snapshots } from './snapshots.ts';

/** What a feed reads. */
export type FeedSource = Pick<Recovery, 'transitions' | 'position'>;

type Result = IteratorResult<FeedItem, undefined>;

/** Transitions in one item, and in one read of the store. */
const PAGE = 1_000;
/** Nothing was heard yet by a feed that began with what is live. */
const UNKNOWN = -1;
const OVER: Result = { done: true, value: undefined };

/**
 * Why there is no gap and no repeat: it listens from its beginning, and reads the store until a page is not full. What became durable before
 * that last read was begun is in that page or in one before; what did so afterwards waits in the buffer, and what is in both is told apart by its
 * position. While it reads the buffer may overflow: then the next page has what was let go.
 */
export class TransitionFeed implements Feed {
  readonly #source: FeedSource;
  readonly #snapshots: Snapshots;
  readonly #options: ReturnType<typeof checkedFeedOptions>;
  readonly #owner: ReturnType<typeof onlyOwner>;
  readonly #fits: (transition: Transition) => boolean;
  readonly #buffer: FeedBuffer;
  readonly #subscription: Subscription;
  #position: number;
  #replaying: boolean;
  /** It has to look whether it is too far behind, or of another store. */
  #unmeasured: boolean;
  #completed = false;
  #over = false;
  #wake: () => void = () => {};
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param live the transitions of every commit, when they have become durable: reads that are begun afterwards find them in the store
   * @throws ConfigError that lists every problem of the options
   */
  constructor(
    source: FeedSource,
    snapshots: Snapshots,
    live: Observable<readonly Transition[]>,
    options: FeedOptions = {},
  ) {
    this.#source = source;
    this.#snapshots = snapshots;
    this.#options = checkedFeedOptions(options);
    this.#owner = onlyOwner(options);
    this.#fits = fits(options);
    this.#position = options.since ?? UNKNOWN;
    this.#replaying = options.since !== undefined;
    this.#unmeasured = this.#replaying;
    this.#buffer = new FeedBuffer(this.#options.limit, transition => this.#wants(transition));
    this.#buffer.lossless = this.#replaying || this.#options.slow === 'reread';
    this.#subscription = live.subscribe({
      next: commit => this.#heard(commit),
      complete: () => {
        this.#completed = true;
        this.#wake();
      },
    });
  }

  get waiting(): number {
    return this.#buffer.size;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const turn = this.#turn.then(() => this.#next());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async return(): Promise<Result> {
    this.#end();
    return OVER;
  }

  #end(): void {
    this.#over = true;
    this.#subscription.unsubscribe();
    this.#buffer.clear();
    this.#wake();
  }

  #heard(commit: readonly Transition[]): void {
    if (this.#position === UNKNOWN) this.#position = (commit[0]?.position ?? 0) - 1;
    this.#buffer.add(commit);
    // What is dropped has no use for more. Whoever must have everything reads it from the store.
    if (this.#buffer.overflowed && !this.#buffer.lossless) this.#subscription.unsubscribe();
    this.#wake();
  }

  /** A read may find what is durable a moment before that is published. */
  #wants(transition: Transition): boolean {
    return transition.position > this.#position && this.#fits(transition);
  }

  async #next(): Promise<Result> {
    try {
      while (!this.#over) {
        const value = (await this.#caughtUpWith()) ?? this.#live();
        if (this.#over) break;
        if (value !== undefined) {
          if (value.kind === 'dropped') this.#end();
          return { done: false, value };
        }
        if (this.#completed && !this.#replaying) this.#end();
        else if (!this.#replaying) await new Promise<void>(resolve => (this.#wake = resolve));
      }
    } catch (error) {
      const closed = this.#completed;
      this.#end();
      // The recovery has closed its store amid a read.
      if (!closed) throw error;
    }
    return OVER;
  }

  /** The next item of what was missed; undefined where there is none. */
  async #caughtUpWith(): Promise<FeedItem | undefined> {
    if (this.#unmeasured) {
      this.#unmeasured = false;
      const snapshot = await this.#snapshot();
      if (snapshot !== undefined) return snapshot;
    }
    while (this.#replaying && !this.#over) {
      const item = await this.#page();
      if (item !== undefined) return item;
    }
    return undefined;
  }

  async #page(): Promise<FeedItem | undefined> {
    // Everything that waits is durable, so that this read finds it.
    this.#buffer.clear();
    const query = { ...this.#owner, since: this.#position, limit: PAGE };
    const page = await this.#source.transitions(query);
    this.#position = page.at(-1)?.position ?? this.#position;
    if (page.length < PAGE && !this.#buffer.overflowed) {
      this.#replaying = false;
      this.#buffer.lossless = this.#options.slow === 'reread';
      this.#buffer.sift();
    }
    const transitions = page.filter(this.#fits);
    if (transitions.length === 0 && this.#replaying) return undefined;
    return this.#item(transitions, 0);
  }

  #live(): FeedItem | undefined {
    if (this.#buffer.overflowed && this.#options.slow === 'reread') {
      this.#replaying = true;
      return undefined;
    }
    if (this.#buffer.overflowed) {
      const { limit } = this.#options;
      const reason = `the reader is too slow: transitions of more than ${limit} operations and breakers waited for it`;
      return { kind: 'dropped', reason, position: this.#position };
    }
    if (this.#buffer.size === 0) return undefined;
    const { transitions, skipped } = this.#buffer.take(PAGE);
    this.#position = transitions.at(-1)?.position ?? this.#position;
    return this.#item(transitions, skipped);
  }

  #item(transitions: readonly Transition[], skipped: number): FeedItem {
    const [live, position] = [!this.#replaying, this.#position];
    return { kind: 'transitions', transitions, skipped, live, position };
  }

  async #snapshot(): Promise<FeedSnapshot | undefined> {
    const { filter, maxReplay } = this.#options;
    const position = await this.#source.position();
    // A position that the store has not come to yet is one of another store.
    const foreign = this.#position > position;
    const behind = this.#owner === undefined && position > this.#position + maxReplay;
    if (!foreign && !behind) return undefined;
    const snapshot = await this.#snapshots.of(filter, position);
    this.#position = snapshot.position;
    return snapshot;
  }
}

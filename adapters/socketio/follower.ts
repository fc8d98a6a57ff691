import type { Feed, FeedItem, Logger, Recovery } from '../../services/ports.ts';
import type { Subscribe } from '../../services/protocol.ts';
import { type Frame, frameOf, snapshotFrame, updateFrame } from './frame.ts';
import type { Pace } from './pace.ts';
import type { Wire } from './wire.ts';

export type Followed = Pick<Recovery, 'feed' | 'position'>;

/** Milliseconds for one row of the store: of the event loop, and of the thread that has the store, which operations need as well. */
const READ = 0.02;

/** What one client follows: at most one subscription, read no faster than the client reads. */
export class Follower {
  readonly #recovery: Followed;
  readonly #wire: Wire;
  readonly #pace: Pace;
  readonly #logger: Logger;
  #feed: Feed | undefined;
  /** Milliseconds that were spent on the subscription. */
  #cost = 0;
  /** Counts subscriptions, so that one which was overtaken while it began is let go. */
  #turn = 0;

  constructor(recovery: Followed, wire: Wire, pace: Pace, logger: Logger) {
    this.#recovery = recovery;
    this.#wire = wire;
    this.#pace = pace;
    this.#logger = logger;
  }

  /**
   * Replaces what the client followed before. Without `since` it begins with what happens from now on.
   * @param begun told the position that it begins after, before the client gets anything of it
   * @returns false where a later subscription has come meanwhile; it is let go then
   */
  async follow(subscription: Subscribe, begun: (position: number) => void): Promise<boolean> {
    this.stop();
    const turn = this.#turn;
    const position = subscription.since ?? (await this.#recovery.position());
    if (turn !== this.#turn) return false;
    const feed = this.#recovery.feed({ ...feedOptionsOf(subscription), since: position });
    this.#feed = feed;
    this.#cost = 0;
    begun(position);
    void this.#tell(feed, position, turn);
    return true;
  }

  stop(): void {
    this.#turn++;
    void this.#feed?.return();
    this.#feed = undefined;
  }

  /** What was missed, that it is live now, and what happens. */
  async #tell(feed: Feed, since: number, turn: number): Promise<void> {
    let position = since;
    let live = false;
    try {
      for await (const item of feed) {
        await this.#pace.turn();
        // After the answer to a later subscription nothing of this one comes.
        const taken = turn === this.#turn ? this.#send(item, live) : undefined;
        if (taken === undefined) this.#pace.spent(0);
        await taken;
        if (taken === undefined || this.#wire.closed) break;
        position = item.position;
        live ||= isLive(item);
      }
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#logger.warn({ err: error }, 'a client cannot be told: the store cannot be read');
      const reason = 'the store cannot be read at the moment; subscribe again';
      await this.#wire.send([this.#dropped(reason, position)]);
    }
  }

  #send(item: FeedItem, live: boolean): Promise<void> {
    const begun = performance.now();
    try {
      const frames = this.#framesOf(item);
      if (!live && isLive(item)) frames.push(frameOf('live', { position: item.position }));
      return this.#wire.send(frames);
    } finally {
      const [telling, reading] = [performance.now() - begun, readingOf(item)];
      this.#cost += telling + reading;
      this.#pace.spent(telling, reading);
    }
  }

  #framesOf(item: FeedItem): Frame[] {
    switch (item.kind) {
      case 'snapshot':
        return [snapshotFrame(item)];
      case 'dropped':
        return [this.#dropped(item.reason, item.position)];
      case 'transitions': {
        const { transitions, skipped, position } = item;
        const frames = transitions.map(updateFrame);
        return skipped === 0 ? frames : [frameOf('conflated', { skipped, position }), ...frames];
      }
    }
  }

  #dropped(reason: string, position: number): Frame {
    return frameOf('dropped', { reason, position, retry_after: this.#pace.retryAfter(this.#cost) });
  }
}

const isLive = (item: FeedItem): boolean => item.kind === 'transitions' && item.live;

/** About the milliseconds that it takes to read an item from the store; what is live is there already. */
function readingOf(item: FeedItem): number {
  if (item.kind === 'snapshot') return item.operations.length * READ;
  return item.kind === 'transitions' && !isLive(item) ? item.transitions.length * READ : 0;
}

/** Members that are left out are left out here too. */
function feedOptionsOf({ ids, names, states, keys, slow }: Subscribe) {
  return {
    ...(ids && { ids }),
    ...(names && { names }),
    ...(states && { states }),
    ...(keys && { keys }),
    ...(slow && { slow }),
  };
}

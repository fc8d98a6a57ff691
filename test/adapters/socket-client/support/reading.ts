import {
  type FollowOptions,
  followServer,
  type ServerFeedItem,
} from '../../../../adapters/socket-client/index.ts';
import { SimulatedClock } from '../../../../adapters/testing/index.ts';
import { FakeServer } from './fake-server.ts';

/** What a reader of a feed was told. */
export class Reading {
  readonly items: ServerFeedItem[] = [];
  /** `complete`, or the error that ended it. */
  end: unknown;
  readonly leave: () => void;

  constructor(options: FollowOptions) {
    const subscription = followServer(options).subscribe({
      next: item => void this.items.push(item),
      error: error => {
        this.end = error;
      },
      complete: () => {
        this.end = 'complete';
      },
    });
    this.leave = () => subscription.unsubscribe();
  }

  get positions(): number[] {
    return this.items.flatMap(item =>
      item.kind === 'transition' ? [item.transition.position] : [],
    );
  }

  /** Statuses and notices, in order. */
  get way(): string[] {
    return this.items.flatMap(item => {
      if (item.kind === 'status') return [item.status];
      return item.kind === 'transition' || item.kind === 'progress' ? [] : [item.kind];
    });
  }
}

export interface Bench {
  readonly server: FakeServer;
  readonly clock: SimulatedClock;
  readonly reading: Reading;
}

/** A reader of a server that a test plays; waits are 100 ms, then 200, 400 and so on, up to 1,000. */
export function bench(options: Partial<FollowOptions> = {}): Bench {
  const server = new FakeServer();
  const clock = new SimulatedClock();
  const reading = new Reading({
    url: 'http://server.test',
    open: server.open,
    clock,
    random: () => 1,
    firstWait: 100,
    longestWait: 1_000,
    ...options,
  });
  return { server, clock, reading };
}

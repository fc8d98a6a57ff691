import { MemoryPersistence } from '../../../../adapters/memory/index.ts';
import type {
  Feed,
  FeedOptions,
  Recovery,
  StatePersistence,
  Transition,
  TransitionWrite,
} from '../../../../services/ports.ts';
import { summaryViewOf } from '../../../../services/runtime/views.ts';
import { Streams } from '../../../../services/stream/streams.ts';

const nothing = { operations: [], steps: [], breakers: [] };

/** Lets so many turns of the event loop pass. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve));
}

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A store and the streams on it, without operations: transitions are written by hand, and arrive as late as a test says. */
export class Source {
  readonly logged: unknown[] = [];
  readonly store: StatePersistence;
  streams: Streams;
  /** Turns that pass between a read and its arrival. */
  readLatency = 0;
  reads = 0;
  #commits: Promise<unknown> = Promise.resolve();
  #seq = 0;

  constructor(store: StatePersistence = new MemoryPersistence()) {
    this.store = store;
    this.streams = this.#process();
  }

  #process(): Streams {
    const source = {
      transitions: async query => {
        this.reads++;
        const latency = this.readLatency;
        const found = await this.store.transitions(query);
        await turns(latency);
        return found;
      },
      position: async () => {
        const [last] = await this.store.transitions({ order: 'newest', limit: 1 });
        return last?.position ?? 0;
      },
      summaries: async query => {
        const page = await this.store.summaries(query ?? {});
        return { ...page, items: page.items.map(summaryViewOf) };
      },
      breakers: () => [],
      breaker: () => undefined,
    } satisfies ConstructorParameters<typeof Streams>[0];
    const error = (fields: unknown) => void this.logged.push(fields);
    return new Streams(source as unknown as Recovery, { ...silent, error });
  }

  /** Another process on the same store: feeds of the one before end. */
  restart(): void {
    this.streams.close();
    this.streams = this.#process();
  }

  /**
   * Writes transitions of these owners (those of breakers begin with `!`), one commit after the other.
   * @param latency turns between being durable and being published
   */
  commit(owners: readonly string[], latency = 0): Promise<void> {
    const transitions = owners.map(owner => this.#transition(owner));
    const commit = this.#commits.then(async () => {
      const { streams } = this;
      const { positions } = await this.store.commit({ ...nothing, transitions });
      await turns(latency);
      streams.publish(transitions, positions);
    });
    this.#commits = commit;
    return commit;
  }

  #transition(owner: string): TransitionWrite {
    const fields = { seq: ++this.#seq, from: null, event: 'test', reason: null, at: this.#seq };
    return owner.startsWith('!')
      ? { kind: 'breaker', key: owner, to: 'open', ...fields }
      : { kind: 'operation', operationId: owner, name: 'n', to: 'pending', attempt: 0, ...fields };
  }

  feed(options?: FeedOptions): Feed {
    return this.streams.feed(options);
  }

  async all(since = 0): Promise<readonly Transition[]> {
    const all: Transition[] = [];
    for (;;) {
      const page = await this.store.transitions({ since: all.at(-1)?.position ?? since });
      if (page.length === 0) return all;
      all.push(...page);
    }
  }
}

/** Reads a feed, each item after so many turns, until told to stop. */
export class Reader {
  readonly told: Transition[] = [];
  readonly skipped: number[] = [];
  readonly kinds: string[] = [];
  position = 0;
  pace = 0;
  most = 0;
  #stopped = false;
  readonly #feed: Feed;
  readonly ended: Promise<void>;

  constructor(feed: Feed, pace = 0) {
    this.#feed = feed;
    this.pace = pace;
    this.ended = this.#read();
  }

  async #read(): Promise<void> {
    for await (const item of this.#feed) {
      if (this.#stopped) return;
      this.kinds.push(item.kind);
      this.position = item.position;
      if (item.kind === 'transitions') {
        this.told.push(...item.transitions);
        this.skipped.push(item.skipped);
      }
      await turns(this.pace);
      this.most = Math.max(this.most, this.#feed.waiting);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#feed.return();
    await this.ended;
  }
}

export const positions = (transitions: readonly Transition[]): number[] =>
  transitions.map(({ position }) => position);

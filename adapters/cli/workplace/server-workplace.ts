import { stat } from 'node:fs/promises';
import type { Subscription } from 'rxjs';
import { RecoveryClosedError } from '../../../services/errors.ts';
import type {
  BreakerOrder,
  BreakerView,
  ForcedBreakerState,
  ForceOptions,
  ListQuery,
  OperationSummaryView,
  OperationView,
  Page,
} from '../../../services/ports.ts';
import type { RecoveryClient } from '../../http-client/index.ts';
import { type FeedStatus, followServer, type ServerFeedItem } from '../../socket-client/index.ts';
import { quoteArgument } from '../format.ts';
import { Endings } from './endings.ts';
import type {
  Follower,
  OperationDetails,
  Running,
  ServerTarget,
  Steered,
  Workplace,
} from './workplace.ts';

/** A store that a server has. */
export class ServerWorkplace implements Workplace {
  readonly #client: RecoveryClient;
  readonly #target: ServerTarget;
  readonly #invocation: string;
  readonly #endings: Endings;
  /** What the server has begun for this process. */
  readonly #begun = new Set<string>();
  #feed: Subscription | undefined;
  #left = false;

  /** @param invocation how this program is called */
  constructor(client: RecoveryClient, target: ServerTarget, invocation: string) {
    this.#client = client;
    this.#target = target;
    this.#invocation = invocation;
    this.#endings = new Endings(id => client.details(id));
  }

  list(query: ListQuery): Promise<Page<OperationView>> {
    return this.#client.list(query);
  }

  summaries(query: ListQuery): Promise<Page<OperationSummaryView>> {
    return this.#client.summaries(query);
  }

  view(id: string): Promise<OperationView | undefined> {
    return this.#client.view(id);
  }

  details(id: string): Promise<OperationDetails> {
    return this.#client.details(id);
  }

  cancel(id: string, reason?: string): Promise<Steered> {
    return this.#client.cancel(id, reason);
  }

  pause(id: string): Promise<Steered> {
    return this.#client.pause(id);
  }

  continue(id: string): Promise<Steered> {
    return this.#client.continue(id);
  }

  breakers(): Promise<readonly BreakerView[]> {
    return this.#client.breakers();
  }

  forceBreaker(key: string, to: ForcedBreakerState, options: ForceOptions): Promise<BreakerView> {
    return this.#client.forceBreaker(key, to, options);
  }

  resetBreaker(key: string, order: BreakerOrder): Promise<BreakerView | undefined> {
    return this.#client.resetBreaker(key, order);
  }

  async retry(id: string): Promise<Running> {
    return this.#running(await this.#client.retry(id));
  }

  async start(name: string, input: unknown, id: string): Promise<Running> {
    return this.#running(await this.#client.start(name, input, { id }));
  }

  #running({ id, state }: OperationView): Running {
    this.#begun.add(id);
    return { id, result: () => this.#endings.wait(id, state) };
  }

  outcomes(running: readonly Running[]): Promise<readonly PromiseSettledResult<unknown>[]> {
    return Promise.allSettled(running.map(each => each.result()));
  }

  async goOn(): Promise<undefined> {
    return undefined;
  }

  async follow(ids: readonly string[], follower: Follower): Promise<() => void> {
    const { url, token } = this.#target;
    // What is wrong with the address or the token HTTP says best.
    await this.#client.summaries({ limit: 1 });
    if (this.#left) throw notFollowed(url);
    const way = new WayInWords(url, line => follower.note(line));
    return new Promise((resolve, reject) => {
      const hear = (item: ServerFeedItem) => {
        switch (item.kind) {
          case 'transition': {
            const { transition } = item;
            if (transition.kind !== 'operation') return;
            follower.transition(transition);
            this.#endings.heard(transition.operationId, transition.to);
            return;
          }
          case 'progress':
            follower.progress(item.progress);
            return;
          case 'status':
            way.is(item.status);
            if (item.status !== 'live') return;
            this.#endings.lookAtAll();
            resolve(() => this.#feed?.unsubscribe());
            return;
          // Of single operations the latest transition is always told.
          case 'snapshot':
          case 'conflated':
          case 'dropped':
            return;
        }
      };
      const end = (error: unknown) => {
        reject(error);
        this.#endings.fail(error);
      };
      this.#feed = followServer({
        url,
        filter: { ids },
        ...(token === undefined ? {} : { token }),
      }).subscribe({ next: hear, error: end });
      // Whoever leaves before it is live waits no longer either.
      this.#feed.add(() => reject(notFollowed(url)));
    });
  }

  leave(): void {
    this.#left = true;
    this.#feed?.unsubscribe();
    this.#endings.fail(notFollowed(this.#target.url));
  }

  whereItGoesOn(id: string): string {
    const { url } = this.#target;
    if (!this.#begun.has(id)) return `stopped before ${url} said that it had begun ${id}`;
    const command = ['show', id, '--server', url].map(quoteArgument).join(' ');
    return `it goes on at ${url}; see it with: ${this.#invocation} ${command}`;
  }

  async hasFile(file: string, bytes: number): Promise<boolean | undefined> {
    if (!this.#client.address.local) return undefined;
    const found = await stat(file).catch(() => undefined);
    return found?.isFile() === true && found.size === bytes;
  }

  async hasFolder(folder: string): Promise<boolean | undefined> {
    if (!this.#client.address.local) return undefined;
    return (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  }

  async close(): Promise<void> {
    this.leave();
  }
}

const notFollowed = (url: string): RecoveryClosedError =>
  new RecoveryClosedError(`${url} is not followed any more`);

/** Says once when the connection breaks, and once when it is there again. */
class WayInWords {
  readonly #url: string;
  readonly #say: (line: string) => void;
  #broken = false;

  constructor(url: string, say: (line: string) => void) {
    this.#url = url;
    this.#say = say;
  }

  is(status: FeedStatus): void {
    if (status === 'reconnecting' && !this.#broken) {
      this.#broken = true;
      this.#say(`the connection to ${this.#url} broke; reconnecting`);
    }
    if (status === 'live' && this.#broken) {
      this.#broken = false;
      this.#say(`${this.#url} is there again`);
    }
  }
}

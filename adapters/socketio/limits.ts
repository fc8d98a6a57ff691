import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { RequestLimits } from '../http/options.ts';
import { SUBSCRIPTIONS } from './options.ts';

const MINUTE_S = 60;

/** Who may ask how often, in a minute. */
export class Limits {
  readonly #known: RateLimiterMemory;
  readonly #strangers: RateLimiterMemory;
  readonly #subscriptions: RateLimiterMemory;

  constructor({ requests, anonymous }: RequestLimits) {
    const duration = MINUTE_S;
    this.#known = new RateLimiterMemory({ points: requests, duration });
    this.#strangers = new RateLimiterMemory({ points: anonymous, duration });
    this.#subscriptions = new RateLimiterMemory({ points: SUBSCRIPTIONS, duration });
  }

  /** A connection, or a message of a client. @param who tells clients apart, such as their token's number and address */
  message(who: string): Promise<boolean> {
    return within(this.#known, who);
  }

  /** A token that is wrong or missing. @param address where it comes from */
  guess(address: string): Promise<boolean> {
    return within(this.#strangers, address);
  }

  /** @param id of the client's connection */
  subscription(id: string): Promise<boolean> {
    return within(this.#subscriptions, id);
  }
}

/** The package rejects with its account where a limit is reached. */
async function within(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  try {
    await limiter.consume(key);
    return true;
  } catch {
    return false;
  }
}

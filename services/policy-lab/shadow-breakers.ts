import { createActor, fromTransition } from 'xstate';
import type {
  PermitDenied,
  PermitGranted,
  PermitRequest,
  PermitReturn,
} from '../../machines/permit.ts';
import type { Clock } from '../ports.ts';
import type { BreakerPolicy } from '../runtime/breaker-policy.ts';
import { Breakers } from '../runtime/breakers.ts';
import { drawsOf, seedOf } from '../runtime/draws.ts';
import type { Lifecycle } from '../runtime/lifecycle.ts';

export type PermitAnswer = PermitGranted | PermitDenied;

/** Keys of one definition that are watched. */
const MAX_KEYS = 1_000;

/** Keeps the last answer of a breaker, which comes before the request returns. */
const earLogic = fromTransition<PermitAnswer | null, PermitAnswer, never, undefined>(
  (_, answer) => answer,
  null,
);

export interface ShadowBreakersOptions {
  /** Name of the definition. */
  readonly name: string;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly problem: (thrown: unknown) => void;
}

/** The breakers as the shadow policy would have them: the same charts on the same clock, in memory only. */
export class ShadowBreakers {
  readonly #breakers: Breakers;
  readonly #ear = createActor(earLogic);

  constructor({ name, clock, lifecycle, problem }: ShadowBreakersOptions) {
    this.#breakers = new Breakers({
      log: { record() {}, touchBreaker() {}, forgetBreaker() {} },
      clock,
      // Not the recovery's: whoever looks on must not change what is drawn.
      random: drawsOf(seedOf(name), 0),
      logger: { debug() {}, info() {}, warn() {}, error: ({ err }) => problem(err) },
      lifecycle,
      maxBreakers: () => MAX_KEYS,
    });
    this.#ear.start();
  }

  get size(): number {
    return this.#breakers.size;
  }

  /** One more operation of a key; false when there are too many keys. */
  acquire(key: string, policy: BreakerPolicy): boolean {
    const known = this.#breakers.of(key) !== undefined;
    // Those that nobody needs have gone already.
    if (!known && this.#breakers.size > MAX_KEYS) return false;
    this.#breakers.acquire(key, policy);
    return true;
  }

  release(key: string): void {
    this.#breakers.release(key);
  }

  ask(key: string, request: (from: PermitRequest['from']) => PermitRequest): PermitAnswer {
    this.#breakers.of(key)?.send(request(this.#ear));
    return this.#ear.getSnapshot().context as PermitAnswer;
  }

  giveBack(key: string, permit: PermitReturn): void {
    this.#breakers.of(key)?.send({ type: 'permit.return', ...permit });
  }

  canPay(key: string, cost: number, now: number): boolean {
    return this.#breakers.canPay(key, cost, now);
  }

  stop(): void {
    this.#breakers.stop();
    this.#ear.stop();
  }
}

import type { AnyActorRef } from 'xstate';
import type { GateInput, GateOutput } from '../../machines/operation/types.ts';
import type { Clock } from '../ports.ts';
import type { Lifecycle } from './lifecycle.ts';
import { at, type Begin, endWaiting } from './timers.ts';

/** What a gate has to know of its operation. */
export interface GateFacts {
  /** Of its breaker. */
  readonly key: string;
  /** Whether it would ask at once, rather than wait for a slot first. */
  asksAtOnce(): boolean;
}

interface Waiter extends GateFacts {
  readonly gate: AnyActorRef;
  /** Tokens that it waits for; undefined for a permit. */
  readonly cost: number | undefined;
}

export interface GatesOptions {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** Whether the budget of a key has so many tokens now. */
  readonly canPay: (key: string, cost: number) => boolean;
}

/** The operations that wait for their breaker, first come first served within a key. */
export class Gates {
  readonly #options: GatesOptions;
  readonly #waiting = new Map<string, Set<Waiter>>();

  constructor(options: GatesOptions) {
    this.#options = options;
  }

  /** Lets so many of a key ask again; `null` lets all. Who could not pay stays. */
  release(key: string, permits: number | null): void {
    const queue = this.#waiting.get(key);
    if (queue === undefined || this.#options.lifecycle.closing) return;
    for (const waiter of this.#inTurn(queue, permits ?? queue.size)) {
      if (queue.delete(waiter)) this.#open(waiter.gate);
    }
  }

  /**
   * So many whose turn it is: those that wait for a permit before those that wait for tokens, and those that ask at once before those that need
   * a slot first, lest a permit lies idle while a slot is waited for.
   */
  #inTurn(queue: ReadonlySet<Waiter>, permits: number): readonly Waiter[] {
    const ranks: Waiter[][] = [[], [], [], []];
    // No copy: thousands may wait where one is let through.
    for (const waiter of queue) {
      const { key, cost } = waiter;
      if (cost !== undefined && !this.#options.canPay(key, cost)) continue;
      const rank = (waiter.asksAtOnce() ? 0 : 2) + (cost === undefined ? 0 : 1);
      ranks[rank]?.push(waiter);
      if (ranks[0]?.length === permits) break;
    }
    return ranks.flat().slice(0, permits);
  }

  #open(gate: AnyActorRef): void {
    const output: GateOutput = { kind: 'released', at: this.#options.clock.now() };
    endWaiting(gate, output);
  }

  #alarm(instant: number | null, ring: () => void): (() => void) | undefined {
    return instant === null ? undefined : at(this.#options.clock, instant, ring);
  }

  /** What the chart's `gate` actor begins. */
  gate(factsOf: (operationId: string) => GateFacts): Begin<GateInput> {
    return (input, self, restored) => {
      // The breaker may have moved on while the process was down: ask it once.
      if (restored) {
        this.#open(self);
        return undefined;
      }
      const { cost, retryAt, deadline } = input;
      const facts = factsOf(input.operationId);
      const { key } = facts;
      const waiter: Waiter = { key, cost, gate: self, asksAtOnce: () => facts.asksAtOnce() };
      const queue = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, queue);
      queue.add(waiter);
      const leave = () => {
        queue.delete(waiter);
        // There may be a key for each host of the world.
        if (queue.size === 0 && this.#waiting.get(key) === queue) this.#waiting.delete(key);
      };
      const forgetDeadline = this.#alarm(deadline, () => {
        leave();
        endWaiting<GateOutput>(self, { kind: 'expired', at: this.#options.clock.now() });
      });
      // Nobody announces what the clock refills.
      const forgetRefill = this.#alarm(cost === undefined ? null : retryAt, () =>
        this.#options.lifecycle.begin(() => {
          if (queue.delete(waiter)) this.#open(self);
        }),
      );
      return () => {
        leave();
        forgetDeadline?.();
        forgetRefill?.();
      };
    };
  }
}

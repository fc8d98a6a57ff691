import type { AnyActorRef } from 'xstate';
import type { GateInput, GateOutput } from '../../machines/operation/types.ts';
import type { Clock } from '../ports.ts';
import type { Lifecycle } from './lifecycle.ts';
import { at, waiting } from './timers.ts';

/** The operations that wait for their breaker, first come first served within a key. */
export class Gates {
  readonly #clock: Clock;
  readonly #lifecycle: Lifecycle;
  readonly #refills: (key: string) => boolean;
  readonly #waiting = new Map<string, Set<AnyActorRef>>();

  /** @param refills whether one that waits at a key may be waiting for the clock to refill its budget, which nobody announces */
  constructor(clock: Clock, lifecycle: Lifecycle, refills: (key: string) => boolean) {
    this.#clock = clock;
    this.#lifecycle = lifecycle;
    this.#refills = refills;
  }

  /** Lets so many of a key ask again; `null` lets all. */
  release(key: string, permits: number | null): void {
    const queue = this.#waiting.get(key);
    if (queue === undefined || this.#lifecycle.closing) return;
    let left = permits ?? queue.size;
    // No copy: thousands may wait where one is let through. Who is denied again stands in the queue anew, behind those of `left`.
    for (const gate of queue) {
      if (left-- <= 0) break;
      queue.delete(gate);
      this.#open(gate);
    }
  }

  #open(gate: AnyActorRef): void {
    const output: GateOutput = { kind: 'released', at: this.#clock.now() };
    gate.send({ type: 'end', output });
  }

  #alarm(instant: number | null, ring: () => void): (() => void) | undefined {
    return instant === null ? undefined : at(this.#clock, instant, ring);
  }

  /** Logic of a gate. @param keyOf the breaker key of an operation */
  logic(keyOf: (operationId: string) => string) {
    return waiting<GateInput, GateOutput>((input, self, restored) => {
      // The breaker may have moved on while the process was down: ask it once.
      if (restored) {
        this.#open(self);
        return undefined;
      }
      const key = keyOf(input.operationId);
      const queue = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, queue);
      queue.add(self);
      const leave = () => {
        queue.delete(self);
        // There may be a key for each host of the world.
        if (queue.size === 0 && this.#waiting.get(key) === queue) this.#waiting.delete(key);
      };
      const forgetDeadline = this.#alarm(input.deadline, () => {
        leave();
        self.send({ type: 'end', output: { kind: 'expired', at: this.#clock.now() } });
      });
      const forgetRefill = this.#alarm(this.#refills(key) ? input.retryAt : null, () =>
        this.#lifecycle.begin(() => {
          if (queue.delete(self)) this.#open(self);
        }),
      );
      return () => {
        leave();
        forgetDeadline?.();
        forgetRefill?.();
      };
    });
  }
}

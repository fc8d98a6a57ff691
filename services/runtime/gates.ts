import type { AnyActorRef } from 'xstate';
import type { GateInput, GateOutput } from '../../machines/operation/types.ts';
import type { Clock } from '../ports.ts';
import type { Lifecycle } from './lifecycle.ts';
import { at, waiting } from './timers.ts';

/** The operations that wait for their breaker, first come first served within a key. */
export class Gates {
  readonly #clock: Clock;
  readonly #lifecycle: Lifecycle;
  readonly #waiting = new Map<string, Set<AnyActorRef>>();

  constructor(clock: Clock, lifecycle: Lifecycle) {
    this.#clock = clock;
    this.#lifecycle = lifecycle;
  }

  /** Lets so many of a key ask again; `null` lets all. */
  release(key: string, permits: number | null): void {
    const queue = this.#waiting.get(key);
    if (queue === undefined || this.#lifecycle.closing) return;
    for (const gate of [...queue].slice(0, permits ?? queue.size)) {
      queue.delete(gate);
      this.#open(gate);
    }
  }

  #open(gate: AnyActorRef): void {
    const output: GateOutput = { kind: 'released', at: this.#clock.now() };
    gate.send({ type: 'end', output });
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
      const forget =
        input.deadline === null
          ? undefined
          : at(this.#clock, input.deadline, () => {
              leave();
              self.send({ type: 'end', output: { kind: 'expired', at: this.#clock.now() } });
            });
      return () => {
        leave();
        forget?.();
      };
    });
  }
}

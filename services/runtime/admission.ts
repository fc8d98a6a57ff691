import type { Clock, SlotCounts, SlotHealth } from '../ports.ts';
import type { Definition } from './definition.ts';
import type { LiveOperation } from './live-operation.ts';
import type { SlotQueue } from './slot-queue.ts';
import type { Slots } from './slots.ts';

/** Definitions that `health()` lists: names must not grow without end where it is scraped. */
const LISTED = 100;

/** Brings operations and slots together: who begins at once, who waits, and who has stopped waiting. */
export class Admission {
  readonly #slots: Slots;
  readonly #clock: Clock;

  constructor(slots: Slots, clock: Clock) {
    this.#slots = slots;
    this.#clock = clock;
  }

  /**
   * Whether a new operation of a limited definition may begin at once; if so it has its slot.
   * @throws OverloadedError when it would have to wait and no more may wait
   */
  admit({ slots }: Definition, breakerKey: string): boolean {
    return this.#slots.admit(slots, breakerKey);
  }

  /** Lets an operation begin that has just been admitted, or has no limits. */
  begin(operation: LiveOperation, at: number): void {
    operation.running = operation.policy.limited;
    operation.actor.send({ type: 'start', at });
  }

  /** Lets an operation begin when it has its slot; its chart says whether it waits to begin at all. */
  start(operation: LiveOperation, at: number): void {
    const start = { type: 'start', at } as const;
    if (!operation.policy.limited) operation.actor.send(start);
    else if (operation.actor.getSnapshot().can(start)) this.#queueUp(operation);
  }

  #queueUp(operation: LiveOperation): void {
    const { definition, breakerKey, actor } = operation;
    const claim = this.#slots.wait(definition.slots, 'first', breakerKey, () => {
      operation.leaveQueue = undefined;
      operation.running = true;
      actor.send({ type: 'start', at: this.#clock.now() });
    });
    operation.leaveQueue = () => this.#slots.withdraw(definition.slots, claim);
  }

  /** A transition of the operation was recorded. */
  moved(operation: LiveOperation, inProgress: boolean): void {
    // Whatever has happened to one that waited to begin, it does not wait any more.
    operation.leaveQueue?.();
    operation.leaveQueue = undefined;
    if (operation.running === inProgress) return;
    operation.running = inProgress;
    if (inProgress) this.#slots.entered(operation.definition.slots);
    else this.#slots.left(operation.definition.slots);
  }

  health(): SlotHealth {
    const { running, waits, limits, queues } = this.#slots;
    const longest = [...queues].sort((one, other) => other.length - one.length).slice(0, LISTED);
    return {
      running,
      pending: waits.first,
      retrying: waits.retry,
      concurrency: limits.concurrency ?? null,
      definitions: Object.fromEntries(longest.map(queue => [queue.name, countsOf(queue)])),
    };
  }
}

const countsOf = ({ running, waiting }: SlotQueue): SlotCounts => ({
  running,
  pending: waiting.first,
  retrying: waiting.retry,
});

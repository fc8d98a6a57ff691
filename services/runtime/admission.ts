import type { SlotInput, SlotOutput } from '../../machines/operation/types.ts';
import type { Clock, SlotCounts, SlotHealth } from '../ports.ts';
import type { Definition } from './definition.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LiveOperation } from './live-operation.ts';
import { takesSlot } from './operation-snapshot.ts';
import type { SlotClaim } from './slot-lanes.ts';
import type { SlotQueue } from './slot-queue.ts';
import type { Slots } from './slots.ts';
import { at, type Begin, endWaiting } from './timers.ts';

/** Definitions that `health()` lists: names must not grow without end where it is scraped. */
const LISTED = 100;

/** Brings operations and slots together: who begins at once, who waits, and who has stopped waiting. */
export class Admission {
  readonly #slots: Slots;
  readonly #clock: Clock;
  readonly #lifecycle: Lifecycle;

  constructor(slots: Slots, clock: Clock, lifecycle: Lifecycle) {
    this.#slots = slots;
    this.#clock = clock;
    this.#lifecycle = lifecycle;
  }

  /**
   * Whether a new operation of a limited definition may begin at once; if so it has its slot.
   * @throws OverloadedError when it would have to wait and no more may wait; a child always may, since its parent was let in
   */
  admit({ slots }: Definition, breakerKey: string, isChild = false): boolean {
    return this.#slots.admit(slots, breakerKey, isChild);
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
    else if (operation.actor.getSnapshot().can(start)) this.#awaitStart(operation);
  }

  #awaitStart(operation: LiveOperation): void {
    const { actor } = operation;
    const { deadline } = actor.getSnapshot().context.policy;
    operation.leaveQueue = this.#queueUp(operation, 'first', deadline, (kind, at) => {
      this.#leaveQueue(operation);
      actor.send({ type: kind === 'released' ? 'start' : 'expire', at });
    });
  }

  #leaveQueue(operation: LiveOperation): void {
    operation.leaveQueue?.();
    operation.leaveQueue = undefined;
  }

  /** Whether an operation would not have to wait for a slot, as far as limits of operations at once go. */
  hasRoomFor({ policy, definition, breakerKey }: LiveOperation): boolean {
    return !policy.limited || this.#slots.hasRoomFor(definition.slots, breakerKey);
  }

  /**
   * What the chart's `slot` actor begins.
   * @param operationOf finds an operation that lives here
   * @param passTurn told the breaker key of one that leaves without a slot: the breaker may have let it ask before others
   */
  slot(
    operationOf: (id: string) => LiveOperation | undefined,
    passTurn: (breakerKey: string) => void,
  ): Begin<SlotInput> {
    return ({ operationId, deadline }, self) => {
      const operation = operationOf(operationId);
      if (operation === undefined) return undefined;
      let hasSlot = false;
      const leave = this.#queueUp(operation, 'retry', deadline, (kind, at) => {
        hasSlot = kind === 'released';
        endWaiting<SlotOutput>(self, { kind, at });
      });
      return () => {
        leave();
        if (!hasSlot) passTurn(operation.breakerKey);
      };
    };
  }

  /** Waits for a slot, no longer than until the deadline; returns what ends the wait. */
  #queueUp(
    operation: LiveOperation,
    kind: SlotClaim['kind'],
    deadline: number | null,
    over: (how: SlotOutput['kind'], at: number) => void,
  ): () => void {
    const { definition, breakerKey } = operation;
    const claim = this.#slots.wait(definition.slots, kind, breakerKey, () => {
      operation.running = true;
      over('released', this.#clock.now());
    });
    const end = () => over('expired', this.#clock.now());
    const expire = () => this.#lifecycle.begin(end);
    const forget = deadline === null ? undefined : at(this.#clock, deadline, expire);
    return () => {
      forget?.();
      this.#slots.withdraw(definition.slots, claim);
    };
  }

  /** A transition of the operation was recorded. */
  moved(operation: LiveOperation, inProgress: boolean): void {
    // Whatever has happened to one that waited to begin, it does not wait any more.
    this.#leaveQueue(operation);
    if (operation.running === inProgress) return;
    operation.running = inProgress;
    const { definition, breakerKey } = operation;
    if (inProgress) this.#slots.entered(definition.slots, breakerKey);
    else this.#slots.left(definition.slots, breakerKey);
  }

  /** Its function waits for children, who may need the slot. */
  lend(operation: LiveOperation): void {
    if (!operation.running) return;
    operation.running = false;
    this.#slots.left(operation.definition.slots, operation.breakerKey);
  }

  /** Its function goes on, also where its slot is taken by now: for that it cannot wait in the middle of a call. */
  takeBack(operation: LiveOperation): void {
    if (operation.running || !takesSlot(operation.actor.getSnapshot())) return;
    operation.running = true;
    this.#slots.entered(operation.definition.slots, operation.breakerKey);
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

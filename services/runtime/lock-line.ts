import type { LiveOperation } from './live-operation.ts';

/** One that waits for a lock. */
export interface LockWaiter {
  readonly operation: LiveOperation;
  /** Called once, when it has the lock. */
  readonly go: () => void;
  readonly forgetDeadline: (() => void) | undefined;
}

/** A lock: who has it, and who waits for it, in the order in which they were created. */
export class LockLine {
  /** Ids. Never two by what happens here; but what a store holds is not ours to doubt. */
  readonly holders = new Set<string>();
  readonly #waiting: LockWaiter[] = [];
  readonly #untold = new Set<LiveOperation>();

  get size(): number {
    return this.#waiting.length;
  }

  get isIdle(): boolean {
    return this.holders.size === 0 && this.size === 0;
  }

  /** Most come last, since they are the youngest. */
  join(waiter: LockWaiter): void {
    let place = this.#waiting.length;
    while (place > 0 && isOlder(waiter.operation, this.#at(place - 1).operation)) place--;
    this.#waiting.splice(place, 0, waiter);
    this.#untold.add(waiter.operation);
  }

  leave(operation: LiveOperation): LockWaiter | undefined {
    const place = this.#waiting.findIndex(waiter => waiter.operation === operation);
    return place < 0 ? undefined : this.#takenOut(place);
  }

  /** The first in line, taken out, when nobody has the lock. */
  next(): LockWaiter | undefined {
    return this.holders.size > 0 || this.size === 0 ? undefined : this.#takenOut(0);
  }

  /** Those who wait and have not been told for whom; told once. */
  untold(): readonly LiveOperation[] {
    const untold = [...this.#untold];
    this.#untold.clear();
    return untold;
  }

  /** Nobody waits any more: no deadline is kept either. */
  clear(): void {
    for (const { forgetDeadline } of this.#waiting.splice(0)) forgetDeadline?.();
  }

  #takenOut(place: number): LockWaiter {
    const waiter = this.#at(place);
    this.#waiting.splice(place, 1);
    this.#untold.delete(waiter.operation);
    return waiter;
  }

  #at(place: number): LockWaiter {
    return this.#waiting[place] as LockWaiter;
  }
}

function isOlder(one: LiveOperation, other: LiveOperation): boolean {
  if (one.createdAt !== other.createdAt) return one.createdAt < other.createdAt;
  // Those of one instant stand as they came, unless they were read from a store, which sorts by id.
  return one.restored && other.restored && one.id < other.id;
}

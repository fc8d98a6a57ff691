import type { Admission } from './admission.ts';
import type { LiveOperation } from './live-operation.ts';
import type { ParentCall } from './parent-call.ts';

/**
 * The calls that wait for children. As long as one does, its operation's slot is lent to others, so that children never wait for what their parents hold.
 */
export class Waits {
  readonly #admission: Pick<Admission, 'lend' | 'takeBack'>;
  readonly #waiting = new WeakMap<LiveOperation, Map<Pick<ParentCall, 'isOver'>, number>>();

  constructor(admission: Pick<Admission, 'lend' | 'takeBack'>) {
    this.#admission = admission;
  }

  begin(operation: LiveOperation, call: Pick<ParentCall, 'isOver'>): void {
    const calls = this.#of(operation);
    this.#waiting.set(operation, calls);
    calls.set(call, (calls.get(call) ?? 0) + 1);
    this.#admission.lend(operation);
  }

  end(operation: LiveOperation, call: Pick<ParentCall, 'isOver'>): void {
    const calls = this.#of(operation);
    const left = (calls.get(call) ?? 0) - 1;
    if (left > 0) calls.set(call, left);
    else calls.delete(call);
    // The slot of an attempt that is over has been given back by its chart.
    if (calls.size === 0 && !call.isOver) this.#admission.takeBack(operation);
  }

  /** Without those of attempts that are over. */
  #of(operation: LiveOperation): Map<Pick<ParentCall, 'isOver'>, number> {
    const calls = this.#waiting.get(operation) ?? new Map<Pick<ParentCall, 'isOver'>, number>();
    for (const call of calls.keys()) if (call.isOver) calls.delete(call);
    return calls;
  }
}

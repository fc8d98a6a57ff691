import type {
  Clock,
  CommitBatch,
  Logger,
  ObservedBeginning,
  ObservedCall,
  ObservedEnd,
  ObservedOperation,
  RecoveryObserver,
  Transition,
  TransitionWrite,
} from '../ports.ts';
import { FollowedCall } from './followed-call.ts';
import type { OperationRef } from './operation-snapshot.ts';

export interface ObserversOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly operation: (
    id: string,
  ) => { readonly createdAt: number; readonly actor: OperationRef } | undefined;
}

/** Characters of what is kept of a trace. */
const MAX_TRACE = 256;

/** Those who follow the recovery's inner work. While there are none, nothing is measured. */
export class Observers {
  readonly #options: ObserversOptions;
  #all: readonly { readonly observer: RecoveryObserver }[] = [];
  /** Those whose failure was logged: one that always throws shall not fill the log. */
  readonly #faulty = new WeakSet<RecoveryObserver>();

  constructor(options: ObserversOptions) {
    this.#options = options;
  }

  get none(): boolean {
    return this.#all.length === 0;
  }

  /** @returns what ends it */
  add(observer: RecoveryObserver): () => void {
    // The same object may be added twice; each addition has an end of its own.
    const added = { observer };
    this.#all = [...this.#all, added];
    return () => {
      this.#all = this.#all.filter(one => one !== added);
    };
  }

  /** Begins to measure a commit. A clock that may jump measures no interval. */
  measure(): number | undefined {
    return this.none ? undefined : performance.now();
  }

  committed(write: CommitBatch, positions: readonly number[], begunAt: number | undefined): void {
    if (this.none) return;
    const commit = {
      duration: begunAt === undefined ? undefined : performance.now() - begunAt,
      at: this.#options.clock.now(),
      operations: write.operations.length,
      steps: write.steps.length,
      transitions: write.transitions.map((transition, index) =>
        positioned(transition, positions[index] as number),
      ),
      operation: this.#observed,
    };
    this.#tell(observer => observer.committed?.(commit));
  }

  commitFailed(error: Error): void {
    this.#tell(observer => observer.commitFailed?.(error));
  }

  /** @returns where its trace goes on */
  operationBegan(beginning: ObservedBeginning): string | undefined {
    let { trace } = beginning;
    this.#tell(observer => {
      const given: unknown = observer.operationBegan?.(beginning);
      if (typeof given === 'string' && given.length <= MAX_TRACE) trace ??= given;
    });
    return trace;
  }

  attemptBegan(id: string, name: string, attempt: number): void {
    this.#tell(observer => observer.attemptBegan?.(id, name, attempt));
  }

  /** @returns those who follow the call; undefined when nobody does */
  callBegan(call: ObservedCall): FollowedCall | undefined {
    return FollowedCall.of(
      this.#all,
      ({ observer }) => observer.callBegan?.(call),
      (observer, error) => this.#fault(observer, error),
    );
  }

  ended(end: ObservedEnd): void {
    this.#tell(observer => observer.ended?.(end));
  }

  left(operationId: string, why: 'closed' | 'refused'): void {
    this.#tell(observer => observer.left?.(operationId, why));
  }

  readonly #observed = (id: string): ObservedOperation | undefined => {
    const operation = this.#options.operation(id);
    if (operation === undefined) return undefined;
    const { maxRetries, byCategory = {} } = operation.actor.getSnapshot().context.policy;
    const retries = Object.values(byCategory).reduce((sum, own) => sum + own, maxRetries);
    return { createdAt: operation.createdAt, maxAttempts: retries + 1 };
  };

  #tell(call: (observer: RecoveryObserver) => void): void {
    for (const { observer } of this.#all) {
      try {
        call(observer);
      } catch (error) {
        this.#fault(observer, error);
      }
    }
  }

  #fault(observer: RecoveryObserver, error: unknown): void {
    if (this.#faulty.has(observer)) return;
    this.#faulty.add(observer);
    this.#options.logger.error({ err: error }, 'an observer has thrown; this is logged once');
  }
}

const positioned = (transition: TransitionWrite, position: number): Transition => ({
  ...transition,
  position,
});

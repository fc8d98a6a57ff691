import type { Observable } from 'rxjs';
import { OperationConflictError } from '../errors.ts';
import { fromJson } from '../json.ts';
import type {
  OperationHandle,
  OperationRecord,
  OperationTransition,
  RecoveryState,
} from '../ports.ts';
import { endingError } from './ending.ts';
import { inertActor } from './inert.ts';
import type { LiveOperation } from './live-operation.ts';
import type { OperationRef, OperationSnapshot } from './operation-snapshot.ts';

/** What a handle does with its operation. */
export interface Steering {
  cancel(id: string, reason?: string): Promise<boolean>;
  pause(id: string): Promise<boolean>;
  continue(id: string): Promise<boolean>;
  watch(id: string): Observable<OperationTransition>;
}

/** A handle of an operation that lives, or lived, in this process. */
export class LiveHandle implements OperationHandle {
  readonly #operation: LiveOperation;
  readonly #steering: Steering;

  constructor(operation: LiveOperation, steering: Steering) {
    this.#operation = operation;
    this.#steering = steering;
  }

  get id(): string {
    return this.#operation.id;
  }
  get name(): string {
    return this.#operation.name;
  }
  get actor(): OperationRef {
    return this.#operation.actor;
  }
  get state(): RecoveryState {
    return this.#operation.state;
  }
  result(): Promise<unknown> {
    return this.#operation.outcome();
  }
  get transitions$(): Observable<OperationTransition> {
    return this.#steering.watch(this.id);
  }
  cancel(reason?: string): Promise<boolean> {
    return this.#steering.cancel(this.id, reason);
  }
  pause(): Promise<boolean> {
    return this.#steering.pause(this.id);
  }
  continue(): Promise<boolean> {
    return this.#steering.continue(this.id);
  }
}

/** A handle of an operation that is only in the store: finished, or not gone on with in this process. */
export class StoredHandle implements OperationHandle {
  readonly id: string;
  readonly name: string;
  readonly state: RecoveryState;
  readonly actor: OperationRef;
  readonly #record: OperationRecord;
  readonly #snapshot: OperationSnapshot;
  readonly #steering: Steering;

  constructor(record: OperationRecord, snapshot: OperationSnapshot, steering: Steering) {
    this.id = record.id;
    this.name = record.name;
    this.state = record.state;
    this.actor = inertActor(snapshot);
    this.#record = record;
    this.#snapshot = snapshot;
    this.#steering = steering;
  }

  /** The same, as living operations call it. */
  outcome(): Promise<unknown> {
    return this.result();
  }

  async result(): Promise<unknown> {
    if (this.state === 'success') return fromJson(this.#record.result);
    if (this.#snapshot.status === 'done') {
      throw endingError(this.#record, this.state, this.#snapshot.context);
    }
    throw new OperationConflictError(
      `operation "${this.id}" (${this.name}) does not run in this process; define "${this.name}" and call resume() first`,
      { details: { operationId: this.id, state: this.state } },
    );
  }
  get transitions$(): Observable<OperationTransition> {
    return this.#steering.watch(this.id);
  }
  cancel(reason?: string): Promise<boolean> {
    return this.#steering.cancel(this.id, reason);
  }
  pause(): Promise<boolean> {
    return this.#steering.pause(this.id);
  }
  continue(): Promise<boolean> {
    return this.#steering.continue(this.id);
  }
}

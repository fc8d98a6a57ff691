import { isDeepStrictEqual } from 'node:util';
import { OperationConflictError, OperationNotFoundError } from '../errors.ts';
import { fromJson, toStrictJson } from '../json.ts';
import { hasNewId, timeOrderedId } from '../operation-id.ts';
import type { OperationHandle, OperationRecord, StartOptions, StatePersistence } from '../ports.ts';
import type { CommitLog } from './commit-log.ts';
import { currentOperation } from './current-operation.ts';
import type { Definition, Starter } from './definition.ts';
import { LiveHandle, StoredHandle } from './handle.ts';
import type { Lifecycle } from './lifecycle.ts';
import { LiveOperation } from './live-operation.ts';
import type { NewOperation } from './new-operation.ts';
import { migrateOperationSnapshot } from './operation-migrations.ts';
import { isUnfinished, takesBack } from './operation-snapshot.ts';
import type { Operations } from './operations.ts';
import type { Rehydration } from './rehydration.ts';
import { checkedId, checkStartOptions, NO_OPTIONS } from './start-options.ts';
import type { Steering } from './steering.ts';
import { parseOperationSnapshot } from './stored-snapshots.ts';
import type { Turns } from './turns.ts';

export interface StartingParts {
  readonly persistence: StatePersistence;
  readonly lifecycle: Lifecycle;
  readonly log: CommitLog;
  readonly operations: Operations;
  readonly rehydration: Rehydration;
  readonly steering: Steering;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly turns: Turns;
}

/** A child that a call of its parent's function asks for. */
export interface WantedChild extends Omit<NewOperation, 'args' | 'parent'> {
  readonly definition: Definition;
  readonly parent: NonNullable<NewOperation['parent']>;
}

/** From an id to its operation: new, alive, or only in the store. */
export class Starting implements Starter {
  readonly #parts: StartingParts;

  constructor(parts: StartingParts) {
    this.#parts = parts;
  }

  async start(
    definition: Definition,
    input: unknown,
    options?: StartOptions,
  ): Promise<OperationHandle> {
    const operation = await this.#obtain(definition, input, options);
    if (operation instanceof LiveOperation) {
      if (!operation.stored) await this.#parts.log.durable();
      // The commit that it was part of may have failed before it could be waited for here.
      if (operation.dropped) throw operation.refusal;
      return new LiveHandle(operation, this.#parts.steering);
    }
    return operation;
  }

  run(definition: Definition, input: unknown, options?: StartOptions): Promise<unknown> {
    try {
      const operation = this.#obtain(definition, input, options);
      // The usual case, a new operation, costs no promise but the one of its outcome.
      return operation instanceof LiveOperation ? operation.outcome() : operation.then(outcomeOf);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** A new operation, or what its id stands for already. No promise where no look into the store is needed. */
  #obtain(
    definition: Definition,
    input: unknown,
    options: StartOptions = NO_OPTIONS,
  ): LiveOperation | Promise<LiveOperation | StoredHandle> {
    this.#parts.lifecycle.refuseWhenClosed();
    checkStartOptions(options);
    const given = hidden(definition, toStrictJson(input, 'input'));
    const { metadata } = options;
    const bound = options.inheritDeadline === false ? undefined : currentOperation()?.deadline;
    if (options.id === undefined || hasNewId(options)) {
      const id = options.id ?? timeOrderedId();
      return this.#parts.operations.create(definition, { id, input, ...given, metadata, bound });
    }
    const id = checkedId(options.id);
    return this.#obtainById(definition, { id, input, ...given, metadata, bound });
  }

  /** A child of that id, new or known. */
  async child({ definition, ...wanted }: WantedChild): Promise<LiveOperation | StoredHandle> {
    this.#parts.lifecycle.refuseWhenClosed();
    const given = hidden(definition, toStrictJson(wanted.input, 'input'));
    wanted.parent.refuseSecrets(given.args);
    return this.#obtainById(definition, { ...wanted, ...given });
  }

  /** A child that has ended as failed or exhausted, begun again; one that somebody else has begun again as it is. */
  childAgain({ id, bound, parent }: WantedChild): Promise<LiveOperation> {
    return this.#parts.turns.take(id, async () => {
      const live = this.#parts.operations.get(id);
      return live?.isFinal === false ? live : this.#again(id, bound, () => parent.refuse());
    });
  }

  #obtainById(
    definition: Definition,
    wanted: NewOperation,
  ): LiveOperation | Promise<LiveOperation | StoredHandle> {
    const live = this.#parts.operations.get(wanted.id);
    if (live !== undefined) return refuseOther(live, definition, wanted);
    return this.#parts.turns.take(wanted.id, () => this.#lookUp(definition, wanted));
  }

  async #lookUp(
    definition: Definition,
    wanted: NewOperation,
  ): Promise<LiveOperation | StoredHandle> {
    this.#parts.lifecycle.refuseWhenClosed();
    const { id } = wanted;
    const live = this.#parts.operations.get(id);
    if (live !== undefined) return refuseOther(live, definition, wanted);
    const record = await this.#parts.persistence.find(id);
    this.#parts.lifecycle.refuseWhenClosed();
    wanted.parent?.refuse();
    if (record === undefined) return this.#parts.operations.create(definition, wanted);
    refuseOtherName(record, definition);
    refuseOtherParent(record, wanted);
    // What an older version stored is comparable once it is migrated.
    const outdated = record.version !== definition.version && isUnfinished(record);
    if (!outdated) refuseOther(record, definition, wanted);
    if (!isUnfinished(record)) return this.#handleOf(record);
    // Somebody waits for this one: no longer for the rest of a resume().
    this.#parts.lifecycle.release();
    const restored = await this.#parts.rehydration.restore(definition, record);
    if (restored === undefined) throw quarantined(id, this.#parts.rehydration);
    return refuseOther(restored, definition, wanted);
  }

  async get(id: string): Promise<OperationHandle | undefined> {
    const live = this.#parts.operations.get(id);
    if (live !== undefined) return new LiveHandle(live, this.#parts.steering);
    const record = await this.#parts.persistence.find(id);
    return record === undefined ? undefined : this.#handleOf(record);
  }

  #handleOf(record: OperationRecord): StoredHandle {
    const parsed = parseOperationSnapshot(migrateOperationSnapshot(record.snapshot));
    if (parsed.ok) return new StoredHandle(record, parsed.snapshot, this.#parts.steering);
    throw new OperationConflictError(`operation "${record.id}" is quarantined: ${parsed.why}`, {
      details: { operationId: record.id },
    });
  }

  async retry(id: string): Promise<OperationHandle> {
    this.#parts.lifecycle.refuseWhenClosed();
    const operation = await this.#parts.turns.take(id, () => this.#again(id));
    await this.#parts.log.durable();
    return new LiveHandle(operation, this.#parts.steering);
  }

  /** @param mayBegin throws where it must not be begun any more by now */
  async #again(id: string, bound?: number, mayBegin?: () => void): Promise<LiveOperation> {
    this.#parts.lifecycle.refuseWhenClosed();
    const live = this.#parts.operations.get(id);
    if (live !== undefined) refuseOtherStates(live);
    // Its end may not be durable yet; what is read before that is old.
    if (live !== undefined) await this.#parts.log.durable();
    const record = await this.#parts.persistence.find(id);
    this.#parts.lifecycle.refuseWhenClosed();
    if (record === undefined) throw new OperationNotFoundError(id);
    refuseOtherStates(record);
    const definition = this.#parts.definitions.get(record.name);
    if (definition === undefined) {
      throw new OperationConflictError(
        `operation "${id}" cannot be retried here: "${record.name}" has no definition in this process`,
        { details: { operationId: id, name: record.name } },
      );
    }
    await this.#refuseOrphan(record);
    mayBegin?.();
    return this.#parts.rehydration.retry(definition, record, bound);
  }

  /** @throws OperationConflictError for a child whose parent has ended or takes back: it would be cancelled at once, or after the next restart */
  async #refuseOrphan({ id, name, parentId }: OperationRecord): Promise<void> {
    if (parentId === null) return;
    const live = this.#parts.operations.get(parentId);
    if (live?.isFinal === false && !live.takesBack) return;
    const parent = await this.#parts.persistence.find(parentId);
    this.#parts.lifecycle.refuseWhenClosed();
    const hasEnded = parent === undefined || !isUnfinished(parent);
    const undoes = live?.takesBack === true || takesBack(parent?.snapshot);
    if (!hasEnded && !undoes) return;
    const why = undoes
      ? 'which takes back what it has done; retry that one once it has ended'
      : 'which has ended; retry that one';
    throw new OperationConflictError(
      `operation "${id}" (${name}) is a part of "${parentId}", ${why}`,
      { details: { operationId: id, parentId } },
    );
  }
}

const outcomeOf = (operation: LiveOperation | StoredHandle): Promise<unknown> =>
  operation instanceof LiveOperation ? operation.outcome() : operation.result();

/** @throws OperationConflictError when the id stands for another operation */
function refuseOther<Known extends Pick<OperationRecord, 'id' | 'name' | 'args' | 'parentId'>>(
  known: Known,
  definition: Definition,
  wanted: Pick<NewOperation, 'args' | 'whole' | 'parent'>,
): Known {
  const { id, name } = known;
  refuseOtherName(known, definition);
  refuseOtherParent(known, wanted);
  const { args } = wanted;
  if (known.args === args || isDeepStrictEqual(fromJson(known.args), fromJson(args))) {
    if (known instanceof LiveOperation) offerSecrets(known, wanted);
    return known;
  }
  throw new OperationConflictError(
    `operation "${id}" (${name}) was started with another input; give this one another id`,
    { details: { operationId: id, name } },
  );
}

/** @throws OperationConflictError when it is not failed or exhausted */
function refuseOtherStates({
  id,
  name,
  state,
}: Pick<OperationRecord, 'id' | 'name' | 'state'>): void {
  if (state === 'failed' || state === 'exhausted') return;
  throw new OperationConflictError(
    `operation "${id}" (${name}) is ${state}; only failed and exhausted operations can be retried`,
    { details: { operationId: id, state } },
  );
}

function refuseOtherName(
  { id, name }: Pick<OperationRecord, 'id' | 'name'>,
  definition: Definition,
): void {
  if (name === definition.name) return;
  throw new OperationConflictError(
    `operation "${id}" is one of "${name}", not of "${definition.name}"; give this one another id`,
    { details: { operationId: id, name } },
  );
}

/** A child's id may have been given to an operation that is nobody's. */
function refuseOtherParent(
  { id, name, parentId }: Pick<OperationRecord, 'id' | 'name' | 'parentId'>,
  { parent }: Pick<NewOperation, 'parent'>,
): void {
  if (parent === undefined || parent.id === parentId) return;
  throw new OperationConflictError(
    `operation "${id}" (${name}) is no child of "${parent.id}"; give the child another key`,
    { details: { operationId: id, name } },
  );
}

function quarantined(id: string, { quarantined }: Rehydration): OperationConflictError {
  const why = quarantined.get(id)?.why ?? 'its stored form does not fit';
  return new OperationConflictError(`operation "${id}" is quarantined: ${why}`, {
    details: { operationId: id },
  });
}

/** The input as it is stored, and as it was given where that is not the same. */
function hidden(
  { secrets }: Definition,
  whole: string | null,
): Pick<NewOperation, 'args' | 'whole'> {
  return secrets === undefined ? { args: whole } : { args: secrets.hide(whole).args, whole };
}

/** Whoever starts it again brings what an earlier process took with it. */
function offerSecrets({ secrets }: LiveOperation, { whole }: Pick<NewOperation, 'whole'>): void {
  if (whole !== undefined) secrets?.offer(whole);
}

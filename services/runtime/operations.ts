import type { OperationInput } from '../../machines/operation/types.ts';
import type { Reason } from '../../machines/vocabulary.ts';
import { PersistenceError } from '../errors.ts';
import { createChild } from '../interpreter/index.ts';
import { fromJson, toStrictJson } from '../json.ts';
import type { OperationRecord } from '../ports.ts';
import type { BreakerRef } from './breakers.ts';
import { hostedOperationMachine } from './chart-actors.ts';
import type { Definition } from './definition.ts';
import { drawnSeed } from './draws.ts';
import type { GateFacts } from './gates.ts';
import { LiveOperation, type LiveOperationFacts } from './live-operation.ts';
import type { NewOperation, OperationsOptions } from './new-operation.ts';
import {
  hasLock,
  type OperationRef,
  type OperationSnapshot,
  takesSlot,
  undoneOf,
} from './operation-snapshot.ts';
import { operationPolicy } from './policy.ts';
import { tracedIn, traceOf, traceOfLife } from './traces.ts';

/** The operations that live in this process: makes their actors, new or from stored snapshots, and knows them by id. */
export class Operations {
  readonly #options: OperationsOptions;
  readonly #live = new Map<string, LiveOperation>();

  constructor(options: OperationsOptions) {
    this.#options = options;
    const { admission, attempts, breakers } = options;
    breakers.host({
      attempt: attempts.attempt(),
      fallback: attempts.fallback(),
      undo: attempts.undo(),
      slot: admission.slot(
        id => this.#live.get(id),
        key => breakers.passTurn(key),
      ),
      gate: breakers.gates.gate(id => this.#gateFacts(id)),
    });
  }

  #gateFacts(id: string): GateFacts {
    const operation = this.#live.get(id) as LiveOperation;
    const { admission } = this.#options;
    return { key: operation.breakerKey, asksAtOnce: () => admission.hasRoomFor(operation) };
  }

  get size(): number {
    return this.#live.size;
  }

  get(id: string): LiveOperation | undefined {
    return this.#live.get(id);
  }

  values(): LiveOperation[] {
    return [...this.#live.values()];
  }

  /** Makes an operation and starts it; nothing of it is durable before the next commit. */
  create(definition: Definition, wanted: NewOperation): LiveOperation {
    this.#refuseWhileBroken();
    const { id, args, bound, parent } = wanted;
    const { log, policyOf, clock, admission, locks } = this.#options;
    const policy = policyOf(definition);
    const breakerKey = policy.breakerKey(wanted.input);
    const lock = policy.lock(wanted.input);
    locks.refuseChild(parent?.id ?? null, lock);
    const metadata =
      wanted.metadata === undefined ? null : toStrictJson(wanted.metadata, 'metadata');
    const createdAt = clock.now();
    // The rate of a key that is new here is its breaker's to know.
    if (policy.rateLimit !== null) this.#options.breakers.prepare(breakerKey, policy.breaker);
    // What waits for its lock does not ask for a slot yet.
    const free = lock === undefined || locks.isFree(lock);
    const admitted =
      free && (!policy.limited || admission.admit(definition, breakerKey, parent !== undefined));
    const operation = this.#make({
      id,
      definition,
      policy,
      breakerKey,
      args,
      ...(wanted.whole === undefined ? {} : { whole: wanted.whole }),
      metadata,
      parentId: parent?.id ?? null,
      lock,
      createdAt,
      stored: false,
      seq: 0,
      state: null,
    });
    this.#launchNew(operation, createdAt, bound);
    if (free) locks.take(operation);
    if (admitted) admission.begin(operation, createdAt);
    else this.start(operation, createdAt);
    log.after({
      committed() {},
      refused: error => {
        this.#drop(operation, error);
        return 'drop';
      },
    });
    return operation;
  }

  /** Goes on with a stored operation where its snapshot stands. */
  restore(
    definition: Definition,
    record: OperationRecord,
    snapshot: OperationSnapshot,
  ): LiveOperation {
    const operation = this.#make({
      ...this.#factsOf(definition, record),
      lock: snapshot.context.policy.lock,
      seq: snapshot.context.last.seq,
      state: record.state,
    });
    const { observers, locks } = this.#options;
    if (takesSlot(snapshot)) this.#options.admission.moved(operation, true);
    if (hasLock(snapshot)) locks.take(operation);
    const trace = traceOfLife(observers, operation, 'resumed', snapshot.context.trace);
    this.#launch(operation, { snapshot: tracedIn(snapshot, trace) });
    // Only `pending.queued` listens; one interruption too many has ended it already.
    if (!operation.isFinal) this.start(operation, this.#options.clock.now());
    this.#options.family.restored(operation);
    return operation;
  }

  /**
   * Starts a failed or exhausted operation again; history and finished steps go on.
   * @param forgotten steps that do not, since what they did was taken back
   */
  retry(
    definition: Definition,
    record: OperationRecord,
    bound?: number,
    forgotten: readonly string[] = [],
  ): LiveOperation {
    this.#refuseWhileBroken();
    const lock = this.#options.policyOf(definition).lock(fromJson(record.args));
    this.#options.locks.refuseChild(record.parentId, lock);
    const operation = this.#make({
      ...this.#factsOf(definition, record),
      lock,
      seq: record.seq,
      state: record.state,
    });
    const reason: Reason = {
      kind: 'operator_retry',
      message: `retried after it was ${record.state}`,
    };
    const { attempt, seq, id: operationId } = record;
    const now = this.#options.clock.now();
    const undone = undoneOf(record.snapshot);
    const previous = { attempt, seq, reason, ...(undone === 0 ? {} : { undone }) };
    for (const name of forgotten) this.#options.log.forgetStep(operation, { operationId, name });
    this.#launchNew(operation, now, bound, previous, traceOf(record.snapshot));
    this.start(operation, now);
    return operation;
  }

  /** Lets one begin that is queued, now or when it has its lock and a slot. */
  start(operation: LiveOperation, at: number): void {
    const { admission, locks, clock } = this.#options;
    if (operation.lock === undefined) admission.start(operation, at);
    else locks.enter(operation, () => admission.start(operation, clock.now()));
  }

  #factsOf(definition: Definition, record: OperationRecord) {
    const { id, breakerKey, args, metadata, parentId, createdAt } = record;
    const policy = this.#options.policyOf(definition);
    return {
      id,
      definition,
      policy,
      breakerKey,
      args,
      metadata,
      parentId,
      createdAt,
      stored: true,
    };
  }

  #make(facts: LiveOperationFacts): LiveOperation {
    const operation = new LiveOperation(facts, this.#options.log, this);
    operation.watcher = facts.definition.shadower?.watch(operation);
    this.#live.set(facts.id, operation);
    this.#options.family.joined(operation);
    return operation;
  }

  #launchNew(
    operation: LiveOperation,
    now: number,
    bound: number | undefined,
    previous?: OperationInput['previous'],
    known?: string,
  ): void {
    const seed = drawnSeed(this.#options.random);
    const policy = operationPolicy(operation.policy, seed, now, bound, operation.lock);
    const how = previous === undefined ? 'created' : 'retried';
    const trace = traceOfLife(this.#options.observers, operation, how, known);
    const { id: operationId, name } = operation;
    const input = { operationId, name, policy, at: now };
    const traced = trace === undefined ? input : { ...input, trace };
    this.#launch(operation, { input: previous === undefined ? traced : { ...traced, previous } });
  }

  /**
   * The actor's id is the definition's name, not the operation's id: XState keeps what it worked out for each event type that a state
   * has ever seen, `xstate.done.actor.<id>` included, so ids without end would be memory without end.
   */
  #launch(
    operation: LiveOperation,
    begin: { readonly input?: OperationInput; readonly snapshot?: OperationSnapshot },
  ): void {
    const { input, snapshot } = begin;
    const actor = createChild(hostedOperationMachine(), {
      id: `operation.${operation.name}`,
      parent: this.#options.breakers.acquire(operation.breakerKey, operation.policy.breaker),
      input,
      snapshot,
    }) as OperationRef;
    operation.follow(actor);
    actor.start();
  }

  undoing(operation: LiveOperation): void {
    this.#options.family.ended(operation);
  }

  moved(operation: LiveOperation, inProgress: boolean): void {
    if (operation.lock !== undefined) this.#options.locks.moved(operation);
    this.#options.admission.moved(operation, inProgress);
  }

  /** Its final state is durable: from now on it is only in the store. */
  ended(operation: LiveOperation): void {
    this.#options.breakers.release(operation.breakerKey);
    if (this.#live.get(operation.id) === operation) this.#live.delete(operation.id);
    this.#options.turns.changed(operation.id);
    this.#options.family.left(operation);
    this.#options.family.ended(operation);
    this.#options.locks.leave(operation);
    const { metrics, observers } = this.#options;
    const snapshot = operation.actor.getSnapshot();
    const recoveryTime = metrics.ended(snapshot);
    if (observers.none) return;
    const { id: operationId, name, state } = operation;
    const { attempt, error, last } = snapshot.context;
    const { reason } = last;
    observers.ended({ operationId, name, state, attempt, reason, error, recoveryTime });
  }

  /** Its first commit failed, so it never was; only its permit has to go back. */
  #drop(operation: LiveOperation, error: unknown): void {
    operation.dropped = true;
    operation.refusal = error;
    this.#options.admission.moved(operation, false);
    this.#options.locks.leave(operation);
    this.#live.delete(operation.id);
    this.#options.family.left(operation);
    const { id, actor } = operation;
    const { held } = actor.getSnapshot().context;
    this.#stop(operation);
    if (held !== null) {
      const at = this.#options.clock.now();
      this.#parentOf(operation).send({
        type: 'permit.return',
        operationId: id,
        generation: held.generation,
        outcome: 'ignored',
        at,
      });
    }
    this.#options.breakers.release(operation.breakerKey);
    this.#options.observers.left(id, 'refused');
    operation.refused(error);
  }

  #stop(operation: LiveOperation): void {
    this.#parentOf(operation).send({ type: 'operation.stop', ref: operation.actor });
  }

  #parentOf({ breakerKey }: LiveOperation): BreakerRef {
    return this.#options.breakers.of(breakerKey) as BreakerRef;
  }

  /** Stops every actor where it stands; the operations stay as they are in the store. */
  stopAll(): void {
    for (const operation of this.values()) {
      operation.leaveQueue?.();
      this.#stop(operation);
      this.#options.observers.left(operation.id, 'closed');
      operation.abandon();
    }
    this.#live.clear();
    this.#options.family.clear();
    this.#options.locks.clear();
  }

  #refuseWhileBroken(): void {
    const { problem } = this.#options.log;
    if (problem === undefined) return;
    throw new PersistenceError(
      'no new operations while the store refuses commits; it is tried again by itself',
      { cause: problem },
    );
  }
}

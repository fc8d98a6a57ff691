import { isDeepStrictEqual } from 'node:util';
import { type Observable, Subject } from 'rxjs';
import { type ConfigOptions, type RecoveryConfig, updateConfig, validatePolicy } from './config.ts';
import { ConfigError, OperationConflictError, OperationNotFoundError } from './errors.ts';
import { fromJson, toStrictJson } from './json.ts';
import { hasNewId, timeOrderedId } from './operation-id.ts';
import type {
  BreakerView,
  Clock,
  ListQuery,
  Logger,
  OperationDefinition,
  OperationFunction,
  OperationHandle,
  OperationOptions,
  OperationRecord,
  OperationTransition,
  OperationView,
  Page,
  Progress,
  Random,
  Recovery,
  RecoveryHealth,
  RecoveryMetrics,
  ResumeReport,
  StartOptions,
  StatePersistence,
  StepRecord,
  Transition,
  TransitionQuery,
  TransitionWrite,
} from './ports.ts';
import { type Recoverable, type RecoverableOptions, recoverableOf } from './recoverable.ts';
import { Attempts } from './runtime/attempts.ts';
import { Breakers } from './runtime/breakers.ts';
import { CommitLog } from './runtime/commit-log.ts';
import { Definition, type Starter } from './runtime/definition.ts';
import { LiveHandle, StoredHandle } from './runtime/handle.ts';
import { Lifecycle } from './runtime/lifecycle.ts';
import { LiveOperation } from './runtime/live-operation.ts';
import { Metrics } from './runtime/metrics.ts';
import { migrateOperationSnapshot } from './runtime/migrations.ts';
import { type NewOperation, Operations } from './runtime/operations.ts';
import { type Policy, type PolicyDefaults, resolvePolicy } from './runtime/policy.ts';
import { Rehydration } from './runtime/rehydration.ts';
import { Resumption } from './runtime/resumption.ts';
import { Retention } from './runtime/retention.ts';
import { Steering } from './runtime/steering.ts';
import { parseOperationSnapshot } from './runtime/stored-snapshots.ts';
import { viewOf } from './runtime/views.ts';

/** Everything that a recovery works with. The adapters have been chosen, the configuration is valid. */
export interface RecoveryParts extends PolicyDefaults {
  readonly persistence: StatePersistence;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly config: RecoveryConfig;
}

const MAX_ID_LENGTH = 512;
const HISTORY_PAGE = 10_000;

/** The service: definitions, the operations that live here, and the store that they live on in. */
export class DurableRecovery implements Recovery, Starter {
  readonly #parts: RecoveryParts;
  #config: RecoveryConfig;
  readonly #definitions = new Map<string, Definition>();
  readonly #lifecycle = new Lifecycle();
  readonly #metrics = new Metrics();
  readonly #transitions = new Subject<Transition>();
  readonly #progress = new Subject<Progress>();
  readonly #log: CommitLog;
  readonly #breakers: Breakers;
  readonly #attempts: Attempts;
  readonly #operations: Operations;
  readonly #steering: Steering;
  readonly #rehydration: Rehydration;
  readonly #resumption: Resumption;
  readonly #retention: Retention;
  #closed: Promise<void> | undefined;

  readonly transitions$: Observable<Transition> = this.#transitions.asObservable();
  readonly progress$: Observable<Progress> = this.#progress.asObservable();

  /** @param parts the store is open already */
  constructor(parts: RecoveryParts) {
    const { persistence, clock, logger } = parts;
    const lifecycle = this.#lifecycle;
    this.#parts = parts;
    this.#config = parts.config;
    this.#log = new CommitLog({ persistence, clock, logger, publish: this.#publish });
    this.#breakers = new Breakers(this.#log, clock, logger, lifecycle);
    const shared = { ...parts, lifecycle, log: this.#log, metrics: this.#metrics };
    this.#attempts = new Attempts({
      ...shared,
      progress: progress => this.#progress.next(progress),
      operation: id => this.#operations.get(id),
    });
    this.#operations = new Operations({
      ...shared,
      attempts: this.#attempts,
      breakers: this.#breakers,
      policyOf: definition => this.#policyOf(definition),
    });
    this.#steering = new Steering(this.#operations, persistence, this.#log, clock, lifecycle);
    this.#rehydration = new Rehydration(this.#operations, persistence, this.#log, logger);
    this.#resumption = new Resumption(
      persistence,
      this.#rehydration,
      this.#definitions,
      lifecycle,
      logger,
    );
    this.#retention = new Retention(
      persistence,
      clock,
      lifecycle,
      logger,
      () => this.#config.retention,
    );
  }

  /** Brings the stored breakers to life. Once, before anything else. */
  async open(): Promise<this> {
    this.#breakers.restore(await this.#parts.persistence.breakers());
    this.#retention.start();
    return this;
  }

  readonly #publish = (
    transitions: readonly TransitionWrite[],
    positions: readonly number[],
  ): void => {
    for (const transition of transitions) {
      if (transition.kind === 'breaker' && transition.to === 'open') this.#metrics.breakerTrips++;
    }
    if (!this.#transitions.observed) return;
    for (const [index, transition] of transitions.entries()) {
      this.#transitions.next({ ...transition, position: positions[index] as number });
    }
  };

  #policyOf(definition: Definition): Policy {
    if (definition.policy?.configVersion !== this.#config.version) {
      const { name, options } = definition;
      definition.policy = resolvePolicy(name, options, this.#config, this.#parts);
    }
    return definition.policy as Policy;
  }

  operation<Input = void, Output = void>(
    name: string,
    fn: OperationFunction<Input, Output>,
    options: OperationOptions<Input> = {},
  ): OperationDefinition<Input, Output> {
    validatePolicy(name, options as OperationOptions);
    if (this.#definitions.has(name)) {
      throw new ConfigError(
        `operation "${name}" is defined already; give this one another name, since stored operations find their function by it`,
        { details: { name } },
      );
    }
    const definition = new Definition(
      name,
      fn as Definition['fn'],
      options as OperationOptions,
      this,
    );
    this.#definitions.set(name, definition);
    this.#resumption.defined(definition);
    return definition as unknown as OperationDefinition<Input, Output>;
  }

  /** Wraps functions and decorates methods of this recovery; see `recoverable`. */
  recoverable(options: RecoverableOptions = {}): Recoverable {
    return recoverableOf(options, () => this);
  }

  async start(
    definition: Definition,
    input: unknown,
    options?: StartOptions,
  ): Promise<OperationHandle> {
    const operation = await this.#obtain(definition, input, options);
    if (operation instanceof LiveOperation) {
      if (!operation.stored) await this.#log.durable();
      return new LiveHandle(operation, this.#steering);
    }
    return operation;
  }

  async run(definition: Definition, input: unknown, options?: StartOptions): Promise<unknown> {
    const operation = await this.#obtain(definition, input, options);
    return operation instanceof LiveOperation ? operation.outcome() : operation.result();
  }

  /** A new operation, or what its id stands for already. No promise where no look into the store is needed. */
  #obtain(
    definition: Definition,
    input: unknown,
    options: StartOptions = {},
  ): LiveOperation | Promise<LiveOperation | StoredHandle> {
    this.#lifecycle.refuseWhenClosed();
    const args = toStrictJson(input, 'input');
    const { metadata } = options;
    if (options.id === undefined || hasNewId(options)) {
      const id = options.id ?? timeOrderedId();
      return this.#operations.create(definition, { id, input, args, metadata });
    }
    return this.#obtainById(definition, { id: checkedId(options.id), input, args, metadata });
  }

  async #obtainById(
    definition: Definition,
    wanted: NewOperation,
  ): Promise<LiveOperation | StoredHandle> {
    const { id, args } = wanted;
    const live = this.#operations.get(id);
    if (live !== undefined) return refuseOther(live, definition, args);
    const record = await this.#parts.persistence.find(id);
    this.#lifecycle.refuseWhenClosed();
    // Another call with this id may have been quicker; from here to the creation nothing is waited for.
    const quicker = this.#operations.get(id);
    if (quicker !== undefined) return refuseOther(quicker, definition, args);
    if (record === undefined) return this.#operations.create(definition, wanted);
    refuseOther(record, definition, args);
    if (!isUnfinished(record)) return this.#handleOf(record);
    const restored = await this.#rehydration.restore(definition, record);
    if (restored !== undefined) return restored;
    throw quarantined(id, this.#rehydration);
  }

  resume(): Promise<ResumeReport> {
    return this.#resumption.resume();
  }

  async get(id: string): Promise<OperationHandle | undefined> {
    const live = this.#operations.get(id);
    if (live !== undefined) return new LiveHandle(live, this.#steering);
    const record = await this.#parts.persistence.find(id);
    return record === undefined ? undefined : this.#handleOf(record);
  }

  #handleOf(record: OperationRecord): StoredHandle {
    const parsed = parseOperationSnapshot(migrateOperationSnapshot(record.snapshot));
    if (parsed.ok) return new StoredHandle(record, parsed.snapshot, this.#steering);
    throw new OperationConflictError(`operation "${record.id}" is quarantined: ${parsed.why}`, {
      details: { operationId: record.id },
    });
  }

  async view(id: string): Promise<OperationView | undefined> {
    const record = await this.#parts.persistence.find(id);
    return record === undefined ? undefined : viewOf(record);
  }

  async list(query: ListQuery = {}): Promise<Page<OperationView>> {
    const page = await this.#parts.persistence.list(query);
    return { ...page, items: page.items.map(viewOf) };
  }

  async history(id: string): Promise<readonly OperationTransition[]> {
    const all: OperationTransition[] = [];
    let page: readonly Transition[];
    do {
      const since = all.at(-1)?.position ?? 0;
      page = await this.transitions({ operationId: id, since, limit: HISTORY_PAGE });
      all.push(...(page as readonly OperationTransition[]));
    } while (page.length === HISTORY_PAGE);
    return all;
  }

  steps(id: string): Promise<readonly StepRecord[]> {
    return this.#parts.persistence.steps(id);
  }

  transitions(query: TransitionQuery): Promise<readonly Transition[]> {
    return this.#parts.persistence.transitions(query);
  }

  cancel(id: string, reason?: string): Promise<boolean> {
    return this.#steering.cancel(id, reason);
  }

  pause(id: string): Promise<boolean> {
    return this.#steering.pause(id);
  }

  continue(id: string): Promise<boolean> {
    return this.#steering.continue(id);
  }

  async retry(id: string): Promise<OperationHandle> {
    this.#lifecycle.refuseWhenClosed();
    // An end that is not durable yet is waited for.
    if (this.#operations.get(id)?.isFinal) await this.#log.durable();
    const record = await this.#parts.persistence.find(id);
    if (record === undefined) throw new OperationNotFoundError(id);
    const definition = this.#definitions.get(record.name);
    const state = this.#operations.get(id)?.state ?? record.state;
    if (state !== 'failed' && state !== 'exhausted') {
      throw new OperationConflictError(
        `operation "${id}" (${record.name}) is ${state}; only failed and exhausted operations can be retried`,
        { details: { operationId: id, state } },
      );
    }
    if (definition === undefined) {
      throw new OperationConflictError(
        `operation "${id}" cannot be retried here: "${record.name}" has no definition in this process`,
        { details: { operationId: id, name: record.name } },
      );
    }
    const operation = await this.#rehydration.retry(definition, record);
    await this.#log.durable();
    return new LiveHandle(operation, this.#steering);
  }

  breaker(key: string): BreakerView | undefined {
    return this.#breakers.view(key);
  }

  get metrics(): RecoveryMetrics {
    return this.#metrics.read(this.#log.commits);
  }

  health(): RecoveryHealth {
    const store = this.#parts.persistence.health();
    const { problem } = this.#log;
    const persistence =
      problem === undefined ? store : { ...store, healthy: false, problem: problem.message };
    const quarantined = [...this.#rehydration.quarantined.values()];
    return {
      healthy: persistence.healthy && !this.#lifecycle.closing,
      persistence,
      active: this.#operations.size,
      quarantined,
      undefinedOperations: this.#resumption.undefinedOperations,
      breakers: this.#breakers.views(),
    };
  }

  /**
   * Changes the configuration; operations that have begun keep the policy that they began with.
   * @throws ConfigError that names every problem; nothing is changed then
   */
  updateConfig(partial: ConfigOptions): void {
    this.#config = updateConfig(this.#config, partial);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#lifecycle.close();
    this.#retention.stop();
    await this.#attempts.drain(this.#config.drainTimeout);
    await this.#log.settled();
    this.#log.stop();
    this.#operations.stopAll();
    this.#breakers.stop();
    this.#transitions.complete();
    this.#progress.complete();
    await this.#parts.persistence.close();
  }
}

/** @throws OperationConflictError when the id stands for another operation */
function refuseOther<Known extends Pick<OperationRecord, 'id' | 'name' | 'args'>>(
  known: Known,
  definition: Definition,
  args: string | null,
): Known {
  const { id, name } = known;
  if (name !== definition.name) {
    throw new OperationConflictError(
      `operation "${id}" is one of "${name}", not of "${definition.name}"; give this one another id`,
      { details: { operationId: id, name } },
    );
  }
  if (known.args === args || isDeepStrictEqual(fromJson(known.args), fromJson(args))) {
    return known;
  }
  throw new OperationConflictError(
    `operation "${id}" (${name}) was started with another input; give this one another id`,
    { details: { operationId: id, name } },
  );
}

function quarantined(id: string, { quarantined }: Rehydration): OperationConflictError {
  const why = quarantined.get(id)?.why ?? 'its stored form does not fit';
  return new OperationConflictError(`operation "${id}" is quarantined: ${why}`, {
    details: { operationId: id },
  });
}

function checkedId(id: unknown): string {
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH) return id;
  throw new ConfigError(
    `id must be a string of 1 to ${MAX_ID_LENGTH} characters, got ${typeof id === 'string' ? `one of ${id.length}` : String(id)}`,
  );
}

const isUnfinished = ({ state }: OperationRecord): boolean =>
  state === 'pending' || state === 'in_progress' || state === 'recovering';

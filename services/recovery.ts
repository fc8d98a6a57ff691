import type { Observable, Unsubscribable } from 'rxjs';
import type { InspectionEvent } from 'xstate';
import { type ConfigOptions, type RecoveryConfig, updateConfig } from './config.ts';
import { PolicyLab } from './policy-lab/policy-lab.ts';
import type {
  BreakerHandle,
  BreakerView,
  Clock,
  Feed,
  FeedOptions,
  ForcedBreakerState,
  ForceOptions,
  ListQuery,
  Logger,
  OperationDefinition,
  OperationFunction,
  OperationHandle,
  OperationOptions,
  OperationSummaryView,
  OperationTransition,
  OperationView,
  Page,
  Progress,
  Random,
  Recovery,
  RecoveryHealth,
  RecoveryMetrics,
  RecoveryObserver,
  RecoveryState,
  ResumeReport,
  ShadowReport,
  StatePersistence,
  StepRecord,
  Transition,
  TransitionCount,
  TransitionQuery,
} from './ports.ts';
import { type Recoverable, type RecoverableOptions, recoverableOf } from './recoverable.ts';
import { Admission } from './runtime/admission.ts';
import { Attempts } from './runtime/attempts.ts';
import { BreakerOperator } from './runtime/breaker-operator.ts';
import { Breakers } from './runtime/breakers.ts';
import { Children } from './runtime/children.ts';
import { CommitLog } from './runtime/commit-log.ts';
import type { Definition } from './runtime/definition.ts';
import { Definitions } from './runtime/definitions.ts';
import { Family } from './runtime/family.ts';
import { healthOf } from './runtime/health.ts';
import { historyOf } from './runtime/history.ts';
import { Inspection } from './runtime/inspection.ts';
import { Lifecycle } from './runtime/lifecycle.ts';
import { LockHolders } from './runtime/lock-holders.ts';
import { Locks } from './runtime/locks.ts';
import { Metrics } from './runtime/metrics.ts';
import { Observers } from './runtime/observers.ts';
import { Operations } from './runtime/operations.ts';
import { type Policy, type PolicyDefaults, resolvePolicy } from './runtime/policy.ts';
import { Rehydration } from './runtime/rehydration.ts';
import { Resumption } from './runtime/resumption.ts';
import { Retention } from './runtime/retention.ts';
import { Slots } from './runtime/slots.ts';
import { Starting } from './runtime/starting.ts';
import { Steering } from './runtime/steering.ts';
import { Turns } from './runtime/turns.ts';
import { summaryViewOf, viewOf } from './runtime/views.ts';
import { Waits } from './runtime/waits.ts';
import { published, Streams } from './stream/streams.ts';

/** Everything that a recovery works with. The adapters have been chosen, the configuration is valid. */
export interface RecoveryParts extends PolicyDefaults {
  readonly persistence: StatePersistence;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly config: RecoveryConfig;
}

/** The service: definitions, the operations that live here, and the store that they live on in. */
export class DurableRecovery implements Recovery {
  readonly #parts: RecoveryParts;
  #config: RecoveryConfig;
  readonly #definitions = new Definitions();
  readonly #lifecycle = new Lifecycle();
  readonly #metrics = new Metrics();
  readonly #streams: Streams;
  readonly #observers: Observers;
  readonly #log: CommitLog;
  readonly #breakers: Breakers;
  readonly #operator: BreakerOperator;
  readonly #slots: Slots;
  readonly #admission: Admission;
  readonly #locks: Locks;
  readonly #attempts: Attempts;
  readonly #operations: Operations;
  readonly #steering: Steering;
  readonly #rehydration: Rehydration;
  readonly #resumption: Resumption;
  readonly #starting: Starting;
  readonly #children: Children;
  readonly #retention: Retention;
  readonly #lab: PolicyLab;
  readonly #inspection: Inspection;
  #closed: Promise<void> | undefined;

  readonly transitions$: Observable<Transition>;
  readonly progress$: Observable<Progress>;
  readonly breakers$: Observable<BreakerView>;

  /** @param parts the store is open already */
  constructor(parts: RecoveryParts) {
    const { persistence, clock, logger } = parts;
    const lifecycle = this.#lifecycle;
    this.#parts = parts;
    this.#config = parts.config;
    this.#streams = new Streams(this, logger);
    this.transitions$ = this.#streams.transitions$;
    this.progress$ = this.#streams.progress$;
    this.breakers$ = this.#streams.breakers$;
    const publish = published(this.#metrics, this.#streams);
    const observers = new Observers({
      clock,
      logger,
      operation: id => this.#operations.get(id),
    });
    this.#observers = observers;
    this.#log = new CommitLog({ persistence, clock, logger, publish, observers });
    this.#inspection = new Inspection({
      logger,
      roots: () => this.#breakers.actors(),
      operations: () => this.#operations.values().map(({ actor }) => actor),
    });
    this.#breakers = new Breakers({
      log: this.#log,
      clock,
      random: parts.random,
      logger,
      lifecycle,
      maxBreakers: () => this.#config.maxBreakers,
      born: actor => this.#inspection.born(actor),
    });
    this.#operator = new BreakerOperator({
      breakers: this.#breakers,
      log: this.#log,
      clock,
      lifecycle,
      config: () => this.#config,
    });
    this.#slots = new Slots({
      clock,
      lifecycle,
      takeRate: (key, now) => this.#breakers.takeRate(key, now),
      limits: parts.config,
    });
    this.#admission = new Admission(this.#slots, clock, lifecycle);
    const turns = new Turns();
    const shared = {
      ...parts,
      lifecycle,
      log: this.#log,
      metrics: this.#metrics,
      observers,
      turns,
    };
    this.#locks = new Locks({
      clock,
      lifecycle,
      holders: new LockHolders(shared),
      operation: id => this.#operations.get(id),
    });
    this.#attempts = new Attempts({
      ...shared,
      progress: progress => this.#streams.progressed(progress),
      operation: id => this.#operations.get(id),
      child: (...asked) => this.#children.run(...asked),
      canPay: (key, cost, now) => this.#breakers.canPay(key, cost, now),
    });
    this.#operations = new Operations({
      ...shared,
      attempts: this.#attempts,
      breakers: this.#breakers,
      admission: this.#admission,
      policyOf: definition => this.#policyOf(definition),
      locks: this.#locks,
      family: new Family({ ...shared, operation: id => this.#operations.get(id) }),
    });
    this.#lab = new PolicyLab({
      clock,
      logger,
      lifecycle,
      policyOf: definition => this.#policyOf(definition),
      resolve: (name, options) => resolvePolicy(name, options, this.#config, this.#parts),
    });
    this.#steering = new Steering({
      ...shared,
      operations: this.#operations,
      ended: id => this.#locks.gone(id),
      giveBack: (key, permit) => this.#breakers.of(key)?.send({ type: 'permit.return', ...permit }),
      watch: id => this.#streams.of(id),
    });
    this.#rehydration = new Rehydration(this.#operations, persistence, this.#log, logger);
    this.#starting = new Starting({
      ...shared,
      operations: this.#operations,
      rehydration: this.#rehydration,
      steering: this.#steering,
      definitions: this.#definitions.byName,
    });
    this.#children = new Children({
      starting: this.#starting,
      waits: new Waits(this.#admission),
      definitions: this.#definitions.byName,
      persistence,
    });
    this.#resumption = new Resumption({
      ...shared,
      rehydration: this.#rehydration,
      definitions: this.#definitions.byName,
    });
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
    options: OperationOptions<Input, Output> = {},
  ): OperationDefinition<Input, Output> {
    const definition = this.#definitions.define(
      name,
      fn as Definition['fn'],
      options as OperationOptions,
      this.#starting,
      this.#lab,
    );
    this.#resumption.defined(definition);
    return definition as unknown as OperationDefinition<Input, Output>;
  }

  definition(name: string): OperationDefinition<unknown, unknown> | undefined {
    return this.#definitions.byName.get(name);
  }

  /** Wraps functions and decorates methods of this recovery; see `recoverable`. */
  recoverable(options: RecoverableOptions = {}): Recoverable {
    return recoverableOf(options, () => this);
  }

  get definitionNames(): readonly string[] {
    return [...this.#definitions.byName.keys()];
  }

  resume(): Promise<ResumeReport> {
    return this.#resumption.resume();
  }

  get(id: string): Promise<OperationHandle | undefined> {
    return this.#starting.get(id);
  }

  async view(id: string): Promise<OperationView | undefined> {
    const record = await this.#parts.persistence.find(id);
    return record === undefined ? undefined : viewOf(record);
  }

  async list(query: ListQuery = {}): Promise<Page<OperationView>> {
    const page = await this.#parts.persistence.list(query);
    return { ...page, items: page.items.map(viewOf) };
  }

  async summaries(query: ListQuery = {}): Promise<Page<OperationSummaryView>> {
    const page = await this.#parts.persistence.summaries(query);
    return { ...page, items: page.items.map(summaryViewOf) };
  }

  counts(): Promise<Readonly<Record<RecoveryState, number>>> {
    return this.#parts.persistence.counts();
  }

  history(id: string): Promise<readonly OperationTransition[]> {
    return historyOf(this.#parts.persistence, id);
  }

  steps(id: string): Promise<readonly StepRecord[]> {
    return this.#parts.persistence.steps(id);
  }

  transitions(query: TransitionQuery): Promise<readonly Transition[]> {
    return this.#parts.persistence.transitions(query);
  }

  transitionCounts(): Promise<readonly TransitionCount[]> {
    return this.#parts.persistence.transitionCounts();
  }

  async position(): Promise<number> {
    if (this.#log.position !== undefined) return this.#log.position;
    const [last] = await this.transitions({ order: 'newest', limit: 1 });
    // What became durable meanwhile may have been overlooked.
    return this.#log.position ?? last?.position ?? 0;
  }

  feed(options?: FeedOptions): Feed {
    return this.#streams.feed(options);
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

  retry(id: string): Promise<OperationHandle> {
    return this.#starting.retry(id);
  }

  breaker(key: string): BreakerHandle | undefined {
    return this.#operator.breaker(key);
  }

  breakers(): readonly BreakerView[] {
    return this.#breakers.views();
  }

  forceBreaker(key: string, to: ForcedBreakerState, options?: ForceOptions): Promise<void> {
    return this.#operator.force(key, to, options);
  }

  shadows(): readonly ShadowReport[] {
    return this.#lab.reports();
  }

  inspect(listener: (event: InspectionEvent) => void): Unsubscribable {
    return this.#inspection.inspect(listener);
  }

  get metrics(): RecoveryMetrics {
    return this.#metrics.read(this.#log.commits);
  }

  observe(observer: RecoveryObserver): () => void {
    return this.#observers.add(observer);
  }

  health(): RecoveryHealth {
    return healthOf({
      persistence: this.#parts.persistence,
      log: this.#log,
      lifecycle: this.#lifecycle,
      operations: this.#operations,
      rehydration: this.#rehydration,
      resumption: this.#resumption,
      admission: this.#admission,
      locks: this.#locks,
      breakers: this.#breakers,
    });
  }

  /**
   * Changes the configuration; operations that have begun keep the policy that they began with.
   * @throws ConfigError that names every problem; nothing is changed then
   */
  updateConfig(partial: ConfigOptions): void {
    this.#config = updateConfig(this.#config, partial);
    this.#slots.limit(this.#config);
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
    this.#inspection.stop();
    this.#lab.stop();
    this.#streams.close();
    await this.#parts.persistence.close();
  }
}

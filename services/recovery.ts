import type { Observable, Unsubscribable } from 'rxjs';
import type { InspectionEvent } from 'xstate';
import { type Assembly, assemble, type RecoveryParts } from './assembly.ts';
import type { ConfigOptions } from './config.ts';
import type {
  BreakerHandle,
  BreakerView,
  Feed,
  FeedOptions,
  ForcedBreakerState,
  ForceOptions,
  ListQuery,
  OperationDefinition,
  OperationFunction,
  OperationHandle,
  OperationOptions,
  OperationSummaryView,
  OperationTransition,
  OperationView,
  Page,
  Progress,
  Recovery,
  RecoveryHealth,
  RecoveryMetrics,
  RecoveryObserver,
  RecoveryState,
  ResumeReport,
  ShadowReport,
  StepRecord,
  Transition,
  TransitionCount,
  TransitionQuery,
} from './ports.ts';
import { type Recoverable, type RecoverableOptions, recoverableOf } from './recoverable.ts';
import type { Definition } from './runtime/definition.ts';
import { healthOf } from './runtime/health.ts';
import { historyOf } from './runtime/history.ts';
import { summaryViewOf, viewOf } from './runtime/views.ts';

/** The service: definitions, the operations that live here, and the store that they live on in. */
export class DurableRecovery implements Recovery {
  readonly #parts: Assembly;
  #closed: Promise<void> | undefined;

  readonly transitions$: Observable<Transition>;
  readonly progress$: Observable<Progress>;
  readonly breakers$: Observable<BreakerView>;

  constructor(parts: RecoveryParts) {
    this.#parts = assemble(parts, this);
    const { transitions$, progress$, breakers$ } = this.#parts.streams;
    this.transitions$ = transitions$;
    this.progress$ = progress$;
    this.breakers$ = breakers$;
  }

  /** Brings the stored breakers to life. Once, before anything else. */
  async open(): Promise<this> {
    const { breakers, persistence, retention } = this.#parts;
    breakers.restore(await persistence.breakers());
    retention.follow();
    return this;
  }

  operation<Input = void, Output = void>(
    name: string,
    fn: OperationFunction<Input, Output>,
    options: OperationOptions<Input, Output> = {},
  ): OperationDefinition<Input, Output> {
    const { definitions, starting, lab, resumption } = this.#parts;
    const definition = definitions.define(
      name,
      fn as Definition['fn'],
      options as OperationOptions,
      starting,
      lab,
    );
    resumption.defined(definition);
    return definition as unknown as OperationDefinition<Input, Output>;
  }

  definition(name: string): OperationDefinition<unknown, unknown> | undefined {
    return this.#parts.definitions.byName.get(name);
  }

  /** Wraps functions and decorates methods of this recovery; see `recoverable`. */
  recoverable(options: RecoverableOptions = {}): Recoverable {
    return recoverableOf(options, () => this);
  }

  get definitionNames(): readonly string[] {
    return [...this.#parts.definitions.byName.keys()];
  }

  resume(): Promise<ResumeReport> {
    return this.#parts.resumption.resume();
  }

  get(id: string): Promise<OperationHandle | undefined> {
    return this.#parts.starting.get(id);
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
    if (this.#parts.log.position !== undefined) return this.#parts.log.position;
    const [last] = await this.transitions({ order: 'newest', limit: 1 });
    // What became durable meanwhile may have been overlooked.
    return this.#parts.log.position ?? last?.position ?? 0;
  }

  feed(options?: FeedOptions): Feed {
    return this.#parts.streams.feed(options);
  }

  cancel(id: string, reason?: string): Promise<boolean> {
    return this.#parts.steering.cancel(id, reason);
  }

  pause(id: string): Promise<boolean> {
    return this.#parts.steering.pause(id);
  }

  continue(id: string): Promise<boolean> {
    return this.#parts.steering.continue(id);
  }

  retry(id: string): Promise<OperationHandle> {
    return this.#parts.starting.retry(id);
  }

  breaker(key: string): BreakerHandle | undefined {
    return this.#parts.operator.breaker(key);
  }

  breakers(): readonly BreakerView[] {
    return this.#parts.breakers.views();
  }

  forceBreaker(key: string, to: ForcedBreakerState, options?: ForceOptions): Promise<void> {
    return this.#parts.operator.force(key, to, options);
  }

  shadows(): readonly ShadowReport[] {
    return this.#parts.lab.reports();
  }

  inspect(listener: (event: InspectionEvent) => void): Unsubscribable {
    return this.#parts.inspection.inspect(listener);
  }

  get metrics(): RecoveryMetrics {
    return this.#parts.metrics.read(this.#parts.log.commits);
  }

  observe(observer: RecoveryObserver): () => void {
    return this.#parts.observers.add(observer);
  }

  health(): RecoveryHealth {
    return healthOf(this.#parts);
  }

  /**
   * Changes the configuration; operations that have begun keep the policy that they began with.
   * @throws ConfigError that names every problem; nothing is changed then
   */
  updateConfig(partial: ConfigOptions): void {
    const { policies, slots, retention } = this.#parts;
    policies.update(partial);
    slots.limit(policies.config);
    retention.follow();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { lifecycle, retention, attempts, log, policies } = this.#parts;
    lifecycle.close();
    retention.stop();
    await attempts.drain(policies.config.drainTimeout);
    await log.settled();
    const { operations, breakers, inspection, lab, streams, persistence } = this.#parts;
    log.stop();
    operations.stopAll();
    breakers.stop();
    inspection.stop();
    lab.stop();
    streams.close();
    await persistence.close();
  }
}

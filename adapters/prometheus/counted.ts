import { Counter, Histogram, type Registry } from 'prom-client';
import type {
  ObservedCommit,
  OperationTransition,
  RecoveryObserver,
  Transition,
} from '../../services/ports.ts';
import type { LabelValues } from './label-values.ts';

/** Recoveries go from a retry at once to days of waiting. */
const RECOVERY_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400];
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const LAG_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
const BATCH = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500];
const ENDINGS: readonly string[] = ['success', 'failed', 'exhausted'];

export interface Naming {
  readonly registry: Registry;
  readonly prefix: string;
  readonly names: LabelValues;
  readonly keys: LabelValues;
}

/** What happens: counters and histograms, fed as commits become durable. */
export class Counted implements RecoveryObserver {
  readonly #names: LabelValues;
  readonly #keys: LabelValues;
  readonly #started: Counter<'name'>;
  readonly #ended: Counter<'name' | 'outcome'>;
  readonly #recovered: Counter<'name'>;
  readonly #interruptions: Counter<'name'>;
  readonly #undos: Counter<'name' | 'outcome'>;
  readonly #attempts: Counter<'name'>;
  readonly #attemptFailures: Counter<'name' | 'category'>;
  readonly #retries: Counter<'name' | 'category'>;
  readonly #trips: Counter<'key'>;
  readonly #wouldTrips: Counter<'key'>;
  readonly #recoveryTime: Histogram<'name'>;
  readonly #commitFailures: Counter;
  readonly #commitDuration: Histogram;
  readonly #batchOperations: Histogram;
  readonly #batchTransitions: Histogram;
  readonly #lag: Histogram;
  /** Position of the last durable transition that was seen. */
  position = 0;

  constructor({ registry, prefix, names, keys }: Naming) {
    this.#names = names;
    this.#keys = keys;
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter<Label>({ name: prefix + name, help, labelNames, registers: [registry] });
    const histogram = <Label extends string>(
      name: string,
      help: string,
      buckets: number[],
      labelNames: Label[],
    ) =>
      new Histogram<Label>({
        name: prefix + name,
        help,
        labelNames,
        buckets,
        registers: [registry],
      });
    this.#started = counter('operations_started_total', 'Operations created.', ['name']);
    this.#ended = counter(
      'operations_ended_total',
      'Operations whose final state is durable, by outcome: success, failed, exhausted.',
      ['name', 'outcome'],
    );
    this.#recovered = counter(
      'operations_recovered_total',
      'Operations that succeeded after at least one retry or interruption.',
      ['name'],
    );
    this.#interruptions = counter(
      'interruptions_total',
      'Attempts, fallbacks and undos that ended because their process did.',
      ['name'],
    );
    this.#undos = counter(
      'undos_total',
      'Undos that have succeeded, or were given up, of operations that have ended.',
      ['name', 'outcome'],
    );
    this.#attempts = counter('attempts_total', 'Attempts begun.', ['name']);
    this.#attemptFailures = counter(
      'attempt_failures_total',
      'Attempts that failed, by category of the error.',
      ['name', 'category'],
    );
    this.#retries = counter('retries_total', 'Retries decided on, by category of the error.', [
      'name',
      'category',
    ]);
    this.#trips = counter('breaker_trips_total', 'Times that a circuit breaker opened.', ['key']);
    this.#wouldTrips = counter(
      'breaker_would_trips_total',
      'Times that a circuit breaker in metrics_only would have opened.',
      ['key'],
    );
    this.#recoveryTime = histogram(
      'time_to_recovery_seconds',
      'Time from the first failure or interruption of an operation to its success.',
      RECOVERY_SECONDS,
      ['name'],
    );
    this.#commitFailures = counter('commit_failures_total', 'Commits that the store refused.', []);
    this.#commitDuration = histogram(
      'commit_duration_seconds',
      'Time that the store took for a commit.',
      COMMIT_SECONDS,
      [],
    );
    this.#batchOperations = histogram(
      'commit_batch_operations',
      'Operations written in one commit.',
      BATCH,
      [],
    );
    this.#batchTransitions = histogram(
      'commit_batch_transitions',
      'Transitions written in one commit.',
      BATCH,
      [],
    );
    this.#lag = histogram(
      'stream_lag_seconds',
      'Time from a transition to the moment at which it is durable and published; the oldest of each commit.',
      LAG_SECONDS,
      [],
    );
  }

  committed({ duration, at, operations, transitions }: ObservedCommit): void {
    if (duration !== undefined) this.#commitDuration.observe(duration / 1_000);
    this.#batchOperations.observe(operations);
    this.#batchTransitions.observe(transitions.length);
    let oldest = at;
    for (const transition of transitions) {
      this.#happened(transition);
      oldest = Math.min(oldest, transition.at);
      this.position = transition.position;
    }
    if (transitions.length > 0) this.#lag.observe((at - oldest) / 1_000);
  }

  commitFailed(): void {
    this.#commitFailures.inc();
  }

  attemptBegan(_operationId: string, name: string): void {
    this.#attempts.inc({ name: this.#names.of(name) });
  }

  ended({
    name,
    recoveryTime,
  }: {
    readonly name: string;
    readonly recoveryTime?: number | undefined;
  }) {
    if (recoveryTime === undefined) return;
    const labels = { name: this.#names.of(name) };
    this.#recovered.inc(labels);
    this.#recoveryTime.observe(labels, recoveryTime / 1_000);
  }

  #happened(transition: Transition): void {
    if (transition.kind === 'operation') {
      this.#operation(transition);
      return;
    }
    if (transition.to === 'open') this.#trips.inc({ key: this.#keys.of(transition.key) });
    else if (transition.reason?.kind === 'would_trip') {
      this.#wouldTrips.inc({ key: this.#keys.of(transition.key) });
    }
  }

  #operation({ name: given, event, to, reason }: OperationTransition): void {
    const name = this.#names.of(given);
    if (event === 'create') this.#started.inc({ name });
    if (/^(attempt|fallback|undo)\.interrupted$/.test(event)) {
      this.#interruptions.inc({ name });
    }
    if (event === 'attempt.failed') {
      const category = reason?.category ?? 'unknown';
      this.#attemptFailures.inc({ name, category });
      if (reason?.kind === 'retry') this.#retries.inc({ name, category });
    }
    if (!ENDINGS.includes(to)) return;
    this.#ended.inc({ name, outcome: to });
    const { done = 0, failed = [] } = reason?.undo ?? {};
    if (done > 0) this.#undos.inc({ name, outcome: 'succeeded' }, done);
    if (failed.length > 0) this.#undos.inc({ name, outcome: 'failed' }, failed.length);
  }
}

import type { RecoveryMetrics, TransitionWrite } from '../ports.ts';
import type { OperationSnapshot } from './operation-snapshot.ts';

const INTERRUPTIONS = new Set(['attempt.interrupted', 'fallback.interrupted', 'undo.interrupted']);

/** Counts since the recovery was made; what a restart forgets. */
export class Metrics {
  attempts = 0;
  #started = 0;
  #succeeded = 0;
  #failed = 0;
  #exhausted = 0;
  #recovered = 0;
  #recoveryTime = 0;
  #retries = 0;
  #interruptions = 0;
  #undos = 0;
  #failedUndos = 0;
  #breakerTrips = 0;
  #breakerWouldTrips = 0;

  /** A transition is durable. */
  happened({ kind, to, event, reason }: TransitionWrite): void {
    if (kind === 'breaker') {
      if (to === 'open') this.#breakerTrips++;
      else if (reason?.kind === 'would_trip') this.#breakerWouldTrips++;
      return;
    }
    // Also of one that ends without living here: cancelled, while it was only in the store.
    if (to === 'success') this.#succeeded++;
    else if (to === 'failed') this.#failed++;
    else if (to === 'exhausted') this.#exhausted++;
    if (event === 'create') this.#started++;
    else if (INTERRUPTIONS.has(event)) this.#interruptions++;
    else if (reason?.kind === 'retry') this.#retries++;
    if (to === 'failed' || to === 'exhausted') {
      this.#undos += reason?.undo?.done ?? 0;
      this.#failedUndos += reason?.undo?.failed.length ?? 0;
    }
  }

  /**
   * The final state of an operation that lives here is durable.
   * @returns milliseconds from its first failure to its success, where it has recovered
   */
  ended({ value, context }: OperationSnapshot): number | undefined {
    if (value !== 'success') return undefined;
    // What a fallback stood in for has not recovered.
    if (context.troubledAt === null || context.ending !== null) return undefined;
    this.#recovered++;
    const took = context.last.at - context.troubledAt;
    this.#recoveryTime += took;
    return took;
  }

  read(commits: number): RecoveryMetrics {
    return {
      started: this.#started,
      succeeded: this.#succeeded,
      failed: this.#failed,
      exhausted: this.#exhausted,
      recovered: this.#recovered,
      attempts: this.attempts,
      retries: this.#retries,
      interruptions: this.#interruptions,
      undos: this.#undos,
      failedUndos: this.#failedUndos,
      commits,
      breakerTrips: this.#breakerTrips,
      breakerWouldTrips: this.#breakerWouldTrips,
      averageRecoveryTime: this.#recovered === 0 ? 0 : this.#recoveryTime / this.#recovered,
    };
  }
}

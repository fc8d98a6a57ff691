import type { Clock, Logger, OperationOptions, ShadowOptions, ShadowReport } from '../ports.ts';
import type { Lifecycle } from '../runtime/lifecycle.ts';
import type { Policy } from '../runtime/policy.ts';
import type { Shadower, WatchedOperation, Watcher } from '../runtime/watcher.ts';
import { ShadowBreakers } from './shadow-breakers.ts';
import { ShadowLedger } from './shadow-ledger.ts';
import { ShadowedOperation } from './shadowed-operation.ts';

export interface ShadowParts {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  /** The shadow's policy under the configuration as it is. */
  readonly policy: () => Policy;
}

/** A definition's shadow policy: looks on at its operations, and counts where it would have decided otherwise. */
export class Shadow implements Shadower {
  readonly #parts: ShadowParts;
  readonly #ledger: ShadowLedger;
  readonly #breakers: ShadowBreakers;

  constructor(parts: ShadowParts) {
    this.#parts = parts;
    this.#ledger = new ShadowLedger(parts.name, parts.logger);
    const problem = (thrown: unknown) => this.#ledger.problem(thrown);
    this.#breakers = new ShadowBreakers({ ...parts, problem });
  }

  watch(operation: WatchedOperation): Watcher | undefined {
    try {
      const policy = this.#parts.policy();
      const watched = this.#breakers.acquire(operation.breakerKey, policy.breaker);
      if (!watched) this.#ledger.unwatched++;
      return new ShadowedOperation({
        operation,
        policy,
        breakers: watched ? this.#breakers : null,
        ledger: this.#ledger,
        startedAt: operation.restored ? operation.createdAt : this.#parts.clock.now(),
      });
    } catch (thrown) {
      this.#ledger.problem(thrown);
      return undefined;
    }
  }

  report(): ShadowReport {
    return this.#ledger.report(this.#breakers.size);
  }

  stop(): void {
    this.#breakers.stop();
  }
}

/** What the shadow leaves out is as in the definition; what has an effect of its own has none. */
export function shadowedOptions(
  { shadow: _, fallback, hedgeAfter, rateLimit, ...options }: OperationOptions,
  shadow: ShadowOptions,
): OperationOptions {
  const given = Object.entries(shadow).filter(([, value]) => value !== undefined);
  const merged: OperationOptions = { ...options, ...Object.fromEntries(given) };
  if (options.breaker !== false || shadow.breakerOptions === undefined) return merged;
  // One that is tried out where there is none yet.
  const { breaker, ...others } = merged;
  return others;
}

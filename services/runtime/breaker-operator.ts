import type { ForceOrder, ResetOrder } from '../../machines/breaker/types.ts';
import type { RecoveryConfig } from '../config.ts';
import type {
  BreakerHandle,
  BreakerOrder,
  Clock,
  ForcedBreakerState,
  ForceOptions,
} from '../ports.ts';
import { checkedForce, checkedOrder } from './breaker-orders.ts';
import { resolveBreaker } from './breaker-policy.ts';
import type { Breakers } from './breakers.ts';
import type { CommitLog } from './commit-log.ts';
import type { Lifecycle } from './lifecycle.ts';

export interface BreakerOperatorParts {
  readonly breakers: Breakers;
  readonly log: CommitLog;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly config: () => RecoveryConfig;
}

type Undated = Omit<ForceOrder, 'at'> | Omit<ResetOrder, 'at'>;

/** What a person may do to breakers. An order is in force at once, and durable when its promise resolves. */
export class BreakerOperator {
  readonly #parts: BreakerOperatorParts;

  constructor(parts: BreakerOperatorParts) {
    this.#parts = parts;
  }

  breaker(key: string): BreakerHandle | undefined {
    const view = this.#parts.breakers.view(key);
    if (view === undefined) return undefined;
    return {
      ...view,
      forceOpen: options => this.force(key, 'isolated', options),
      forceClosed: options => this.force(key, 'forced_closed', options),
      metricsOnly: options => this.force(key, 'metrics_only', options),
      reset: options => this.#reset(key, options),
    };
  }

  async force(key: string, to: ForcedBreakerState, options?: ForceOptions): Promise<void> {
    const order = checkedForce(key, to, options);
    await this.#send(key, { type: 'force', to, ...order });
  }

  async #reset(key: string, options?: BreakerOrder): Promise<void> {
    await this.#send(key, { type: 'reset', ...checkedOrder(key, options) });
  }

  #send(key: string, order: Undated): Promise<void> {
    const { breakers, log, clock, lifecycle, config } = this.#parts;
    lifecycle.refuseWhenClosed();
    // One that nothing has used yet gets the settings of the first definition that does.
    const { settings, ...policy } = resolveBreaker({}, config());
    const preliminary = { ...policy, settings: { ...settings, version: 0 } };
    breakers.order(key, { ...order, at: clock.now() }, preliminary);
    return log.durable();
  }
}

import type { AnyActorRef } from 'xstate';
import type { LastTransition, OperationOutput, TimerOutput } from '../operation/types.ts';
import type { PermitRequest, PermitReturn } from '../permit.ts';
import type { Budget, BudgetSettings } from './budget.ts';
import type { RateSettings } from './rate.ts';
import type { Window, WindowSettings } from './window-types.ts';

export interface BreakerSettings {
  /** Version of the configuration that they are of: an older one never replaces a newer one. Counts within a process. */
  readonly version: number;
  /** Whether it opens, or only notes where it would have. */
  readonly mode: 'enforce' | 'metrics_only';
  /** What opens it. */
  readonly window: WindowSettings;
  /** Milliseconds for which a probe's permit is lent. */
  readonly probeTimeout: number;
  /** Probes of one half-open phase. */
  readonly permits: number;
  /** Of them so many must succeed for it to close: 1 to `permits`. */
  readonly successes: number;
  /** What retries are paid with; `null`: they cost nothing. */
  readonly budget: BudgetSettings | null;
  /** How fast attempts may follow one another; `null`: as they come. */
  readonly rate: RateSettings | null;
}

/** How long it stays open the next time. Drawn ahead, since a chart has no randomness, and once: a restart draws nothing anew. */
export interface OpenTime {
  /** Milliseconds. */
  readonly delay: number;
  /** The random number in [0, 1) that it was drawn with. */
  readonly draw?: number;
  /** The opening in a row, from 1, that it was drawn for; none where it is the same for all. */
  readonly opening?: number;
}

/** A half-open permit is lent, so that a probe that hangs gives it back. */
export interface Probe {
  readonly operationId: string;
  /** Epoch milliseconds at which the lease ends. */
  readonly until: number;
}

/** The present state is an operator's. */
export interface Override {
  /** Epoch milliseconds at which it ends; `null`: when an operator says so. */
  readonly until: number | null;
  readonly reason: string | null;
  readonly by: string | null;
}

export interface BreakerInput {
  readonly key: string;
  readonly at: number;
  readonly settings: BreakerSettings;
  readonly nextOpen: OpenTime;
}

/** Up to 16 keys: V8 copies larger objects four times as slowly, and each arrow that counts copies the context. */
export interface BreakerContext {
  /** Version of this shape; see services/runtime/breaker-migrations.ts. */
  readonly v: 2;
  readonly key: string;
  readonly settings: BreakerSettings;
  /** The calls that it looks back on. */
  readonly window: Window;
  /** Grows with each change of state, so that late outcomes are told from current ones. */
  readonly generation: number;
  /** Openings in a row, without a closing in between. */
  readonly openings: number;
  readonly nextOpen: OpenTime;
  /** `null` unless it is open. */
  readonly openUntil: number | null;
  /** The permits that are lent while it is half open. */
  readonly probes: readonly Probe[];
  /** What the probes of this half-open phase have come to. */
  readonly halfOpen: { readonly successes: number; readonly failures: number };
  readonly budget: Budget | null;
  /** Theoretical arrival time of the next attempt; `null` before the first. */
  readonly rate: number | null;
  readonly override: Override | null;
  /** The last recorded transition. */
  readonly last: LastTransition;
}

interface Order {
  readonly at: number;
  readonly reason?: string;
  readonly by?: string;
}

/** An operator's order. */
export interface ForceOrder extends Order {
  readonly type: 'force';
  readonly to: 'isolated' | 'forced_closed' | 'metrics_only';
  /** Milliseconds after which it ends by itself. */
  readonly ttl?: number;
}
/** Closes it, and begins anew. */
export interface ResetOrder extends Order {
  readonly type: 'reset';
}

export interface ConfigureEvent {
  readonly type: 'configure';
  readonly at: number;
  readonly settings: BreakerSettings;
}

export type BreakerEvent =
  | PermitRequest
  | ({ readonly type: 'permit.return' } & PermitReturn)
  /** An operation actor ended; the permit that it held comes with it. */
  | { readonly type: `xstate.done.actor.operation.${string}`; readonly output: OperationOutput }
  | { readonly type: `xstate.error.actor.operation.${string}`; readonly error: unknown }
  /** Stops an operation actor without ending the operation. */
  | { readonly type: 'operation.stop'; readonly ref: AnyActorRef }
  | ConfigureEvent
  /** An operation that was told to ask will not. */
  | { readonly type: 'turn.passed' }
  /** The host has drawn the time that the next opening takes. */
  | ({ readonly type: 'open_time.drawn' } & OpenTime)
  /** An attempt begins, where a rate is set; one that does not conform takes nothing. */
  | { readonly type: 'rate.take'; readonly at: number }
  | ForceOrder
  | ResetOrder;

/** Told to whoever keeps the waiting operations: it is worth asking again. */
export interface BreakerEmitted {
  readonly type: 'permits.available';
  /** How many; `null` for any number. */
  readonly permits: number | null;
}

export type { TimerOutput };

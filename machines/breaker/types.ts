import type { AnyActorRef } from 'xstate';
import type { OperationOutput, TimerOutput } from '../operation/types.ts';
import type { PermitRequest, PermitReturn } from '../permit.ts';
import type { Reason } from '../vocabulary.ts';

export interface BreakerSettings {
  /** Consecutive failures that open it; `null` never opens. */
  readonly threshold: number | null;
  /** Milliseconds. */
  readonly openTimeout: number;
  /** Milliseconds. */
  readonly probeTimeout: number;
}

export interface BreakerInput extends BreakerSettings {
  readonly key: string;
  readonly at: number;
}

export interface BreakerContext extends BreakerSettings {
  /** Version of this shape. */
  readonly v: 1;
  readonly key: string;
  /** Consecutive failures while closed. */
  readonly failures: number;
  /** Grows with each change of state, so that late outcomes are told from current ones. */
  readonly generation: number;
  /** `null` unless it is open. */
  readonly openUntil: number | null;
  /** The probe under way, whose permit is lent until `until`. */
  readonly probe: { readonly operationId: string; readonly until: number } | null;
  /** Number of the last recorded transition. */
  readonly seq: number;
  readonly event: string;
  readonly at: number;
  readonly reason: Reason | null;
}

export type BreakerEvent =
  | PermitRequest
  | ({ readonly type: 'permit.return' } & PermitReturn)
  /** An operation actor ended; the permit that it held comes with it. */
  | { readonly type: `xstate.done.actor.operation.${string}`; readonly output: OperationOutput }
  | { readonly type: `xstate.error.actor.operation.${string}`; readonly error: unknown }
  /** Stops an operation actor without ending the operation. */
  | { readonly type: 'operation.stop'; readonly ref: AnyActorRef }
  | ({ readonly type: 'configure' } & BreakerSettings)
  | {
      readonly type: 'isolate';
      readonly at: number;
      readonly reason?: string;
      readonly by?: string;
    }
  | { readonly type: 'reset'; readonly at: number; readonly by?: string };

/** Told to whoever keeps the waiting operations: it is worth asking again. */
export interface BreakerEmitted {
  readonly type: 'permits.available';
  /** How many; `null` for any number. */
  readonly permits: number | null;
}

export type { TimerOutput };

import type { AnyActorRef } from 'xstate';

/** How an attempt counts for its breaker. `ignored` gives the permit back and moves nothing. */
export type OutcomeKind = 'success' | 'failure' | 'ignored';

/** What an operation tells its breaker when it gives a permit back. */
export interface PermitReturn {
  readonly operationId: string;
  /** The breaker's generation that the permit was of. */
  readonly generation: number;
  readonly outcome: OutcomeKind;
  /** Epoch milliseconds. */
  readonly at: number;
  /** What went wrong, in words, for the breaker's own reason. */
  readonly message?: string;
  /** Milliseconds that the call took, where the breaker counts slow ones. */
  readonly duration?: number;
  /** Milliseconds that the server asked to be left alone. */
  readonly retryAfter?: number;
  /** Tokens of the retry budget that the retry which follows costs. */
  readonly charge?: number;
  /** Tokens that a success gives back. */
  readonly refund?: number;
}

/** Operation to breaker: may I? */
export interface PermitRequest {
  readonly type: 'permit.request';
  readonly operationId: string;
  readonly from: AnyActorRef;
  readonly at: number;
  /** The event that made the operation ask; comes back with the answer, so that both are recorded as one transition. */
  readonly trigger: string;
  /** Tokens of the retry budget that this attempt still has to pay; none when left out. */
  readonly cost?: number;
}

/** Breaker to operation. */
export interface PermitGranted {
  readonly type: 'permit.granted';
  readonly generation: number;
  readonly at: number;
  readonly trigger: string;
}

/** Breaker to operation. */
export interface PermitDenied {
  readonly type: 'permit.denied';
  /** `open`, `half_open` (every probe is out), `isolated`, or `budget` (it cannot pay for the retry). */
  readonly breaker: string;
  /** When it is worth asking again (epoch ms); `null` when only an operator knows. */
  readonly retryAt: number | null;
  readonly at: number;
}

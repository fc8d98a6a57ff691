/** What the server tells, as the page uses it. Types only: the schemas stay on the server. */
import type {
  BreakerResource,
  OperationResource,
  OperationSummary,
  RecoveryUpdate,
  StepResource,
} from '../../services/protocol.ts';

export type {
  BreakerUpdate,
  ConflatedMessage,
  DroppedMessage,
  LiveMessage,
  Problem,
  ProgressMessage,
  RecoveryUpdate,
  SnapshotMessage,
  StepResource,
  Subscribe,
} from '../../services/protocol.ts';

export type OperationState = OperationSummary['state'];
export type BreakerState = BreakerResource['state'];
export type Reason = NonNullable<RecoveryUpdate['reason']>;

/** A row of a list. What older servers leave out is worked out from what they tell. */
export type Summary = OperationSummary & {
  readonly path?: string;
  readonly error_message?: string | null;
};

export type OperationDetails = OperationResource & {
  readonly path?: string;
  readonly history: readonly RecoveryUpdate[];
  readonly steps: readonly StepResource[];
};

export interface SummaryPage {
  readonly operations: readonly Summary[];
  readonly next?: string;
}

export type Breaker = BreakerResource & { readonly settings?: Readonly<Record<string, unknown>> };

export interface Session {
  readonly role: 'viewer' | 'operator';
  /** Whether tokens are asked for. */
  readonly guarded: boolean;
  readonly version: string;
}

/** Five seconds of what happened. */
export interface TimelineBucket {
  readonly at: string | number;
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly exhausted: number;
  readonly retries: number;
  /** Milliseconds on average; `null` where nothing recovered. */
  readonly recovery_time: number | null;
}

export interface Overview {
  readonly counts: Readonly<Record<OperationState, number>>;
  readonly position: number;
  readonly at: string;
  readonly active: number;
  readonly backlog: Readonly<Record<'running' | 'pending' | 'retrying', number>>;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly definitions: readonly (string | { readonly name: string })[];
  readonly attention: {
    readonly exhausted: readonly Summary[];
    readonly failed: readonly Summary[];
    readonly quarantined: readonly {
      readonly operation_id: string;
      readonly function_name: string;
      readonly why: string;
    }[];
    readonly undefined_operations: Readonly<Record<string, number>>;
    readonly breakers: readonly Breaker[];
  };
  readonly persistence: {
    readonly healthy: boolean;
    readonly bytes: number | null;
    readonly problem: string | null;
  };
  readonly timeline: readonly TimelineBucket[];
}

export interface ArrowCount {
  readonly machine: string;
  readonly from: string | null;
  readonly to: string;
  readonly event: string;
  readonly reason_kind: string | null;
  readonly count: number;
}

export interface Commanded {
  readonly changed: boolean;
  readonly operation: Summary;
}

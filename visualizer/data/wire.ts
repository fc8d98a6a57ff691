/** What the server tells. Types only: the schemas stay on the server. */
import type {
  BreakerResource,
  OperationResource,
  OperationSummary,
  RecoveryUpdate,
  StepResource,
} from '../../services/protocol.ts';

export type {
  ArrowResource as ArrowCount,
  BreakerResource as Breaker,
  BreakerUpdate,
  ClientToServerEvents,
  OperationSummary as Summary,
  OverviewResource as Overview,
  Problem,
  ProgressMessage,
  RecoveryUpdate,
  ServerToClientEvents,
  SessionResource as Session,
  SnapshotMessage,
  StepResource,
  TimelineBucket,
} from '../../services/protocol.ts';

export type OperationState = OperationSummary['state'];
export type BreakerState = BreakerResource['state'];
export type Reason = NonNullable<RecoveryUpdate['reason']>;

export interface OperationDetails extends OperationResource {
  readonly history: readonly RecoveryUpdate[];
  readonly steps: readonly StepResource[];
}

export interface SummaryPage {
  readonly operations: readonly OperationSummary[];
  readonly next?: string;
}

/** What a steering command is answered with. */
export interface Commanded {
  /** False where the operation's chart did not allow it. */
  readonly changed: boolean;
  readonly operation: OperationSummary;
}

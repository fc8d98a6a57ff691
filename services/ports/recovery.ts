import type { Observable } from 'rxjs';
import type { ActorLogic, ActorRefFrom, AnyEventObject, Snapshot } from 'xstate';
import type { operationMachine } from '../../machines/operation/machine.ts';
import type { RecoveryState } from '../../machines/vocabulary.ts';
import type { RecoveryError } from '../errors.ts';
import type { BreakerHandle, BreakerView, ForcedBreakerState, ForceOptions } from './breakers.ts';
import type { ChildOptions, Progress, SecretsAsked, UndoFunction } from './calls.ts';
import type { RecoveryHealth, RecoveryMetrics } from './health.ts';
import type { Inspectable } from './inspection.ts';
import type { Logger } from './logger.ts';
import type { RecoveryObserver } from './observer.ts';
import type { OperationSummaryView, OperationView } from './operation-view.ts';
import type {
  ListQuery,
  OperationTransition,
  Page,
  StepRecord,
  Transition,
  TransitionCount,
  TransitionQuery,
} from './persistence.ts';
import type { PolicyOptions } from './policy.ts';
import type { Explanation, Preview, PreviewOptions, ShadowReport } from './policy-lab.ts';
import type { Feed, FeedOptions } from './streams.ts';

/** What a running operation function sees of itself. */
export interface OperationContext {
  readonly id: string;
  /** Name of the definition. */
  readonly name: string;
  /** This call's number, from 1; grows over restarts too. Durable before the function is called. */
  readonly attempt: number;
  /** 1 in the second call of an attempt (`hedgeAfter`), else 0. */
  readonly hedge: 0 | 1;
  /**
   * When the operation must have ended (epoch ms): its `totalTimeout`, or the deadline of the operation that started it where that comes
   * first; undefined for none, and in a fallback.
   */
  readonly deadline: number | undefined;
  /** Aborted on cancel, time-out and close, and where the other call of a hedged attempt has won; its `reason` is the error that says which. */
  readonly signal: AbortSignal;
  /**
   * Runs `fn` once for the life of the operation: when it has succeeded its result is durable before it is returned, and later attempts get that
   * result without running it. A step that throws is not stored. Names are unique within an operation.
   * Two calls of a hedged attempt share their steps: the one that comes to a step second waits for what the other makes of it.
   * @throws NotSerializableError when the result would not survive JSON
   * @throws ConfigError for an empty name or one that is running at the moment
   */
  step<T>(name: string, fn: () => T | PromiseLike<T>): Promise<T>;
  /**
   * Runs another operation as a part of this one: begins it, or attaches to the one that an earlier attempt has begun under this key, and gives its output.
   * It is durable in itself, has its own policy, must have ended by this operation's deadline, and is cancelled when this one has ended. Rejects with what
   * its `result()` would; for good, unless an operator retries this operation. While it is waited for, this operation holds no slot.
   * @throws OperationConflictError when the key stands for another definition or input
   * @throws ConfigError for a definition of another recovery, and for a key that is not 1 to 200 characters
   */
  child<Input, Output>(
    definition: OperationDefinition<Input, Output>,
    input: Input,
    options: ChildOptions,
  ): Promise<Output>;
  /**
   * Registers something to be taken back if the operation ends as failed, exhausted or cancelled: the definition's `undo` of that name is called with the input then, the
   * one that was registered last first. Call it before what it takes back. Resolves when it is durable. The same name and input twice is one.
   * @param input strict JSON. @default undefined
   * @throws ConfigError where the definition has no undo of that name
   * @throws NotSerializableError when the input would not survive JSON, ValidationError when it has a secret in it
   */
  onUndo(name: string, input?: unknown): Promise<void>;
  /** Says how far it is. Shown live, not stored. Cheap; call it as often as you like. */
  progress(value: unknown): void;
  /** Writes lines that carry the operation's id, name and attempt. */
  readonly log: Logger;
}

/** The function of an operation definition. */
export type OperationFunction<Input, Output> = (
  input: Input,
  op: OperationContext,
) => Output | PromiseLike<Output>;

export interface OperationOptions<Input = unknown, Output = unknown> extends PolicyOptions<Input> {
  /**
   * Stands in where the operation would end as failed or exhausted, but not where it is cancelled: what it returns is the operation's result. Durable before it is
   * called; one that is cut short by the end of its process is called again. It has `timeout`, like an attempt, but no part in
   * the breaker, retries and `totalTimeout`. One that throws leaves the ending as it would have been, with its error in `details.fallback`.
   * @param error what `result()` would reject with
   */
  readonly fallback?: (error: RecoveryError, op: OperationContext) => Output | PromiseLike<Output>;
  /**
   * What takes back what an operation has done, by name, where that ends as failed, exhausted or cancelled (`op.onUndo`). Each call is durable before it is made, has
   * `timeout`, like an attempt, but no part in the breaker and `totalTimeout`, and holds no slot. What it returns is forgotten. @default none
   */
  readonly undo?: Readonly<Record<string, UndoFunction>>;
  /**
   * Retries of each undo, after the operation's strategy; errors that the classifier does not retry end it at once. What is given up is told in
   * `details.undo` of the operation's error, and the one before is called. An integer >= 0. @default 3
   */
  readonly undoRetries?: number;
  /**
   * Where inputs have secrets: dotted paths such as `headers.authorization`; `*` is every member. Their values reach the function and nothing else: in their place the
   * store, and all who look into it, have `{ "$secret": "headers.authorization" }`. @default none
   */
  readonly secrets?: readonly string[];
  /**
   * Gives the secrets of an operation that goes on in another process than the one that had them, by their paths. What it throws fails the attempt like an error of
   * the function. Without it such an operation fails with a `SecretsMissingError`.
   * @param input with `{ "$secret": path }` for what is asked for
   */
  readonly resolveSecrets?: (
    input: unknown,
    facts: SecretsAsked,
  ) => Readonly<Record<string, unknown>> | PromiseLike<Readonly<Record<string, unknown>>>;
  /** Version of the function's stored form; raise it when snapshots, inputs or steps of the past need changing. @default 1 */
  readonly version?: number;
  /** Brings data of an older version up to date. A throw quarantines that operation and leaves the others alone. */
  readonly migrate?: (data: MigratableData, fromVersion: number) => MigratableData;
}

/** What `migrate` may change. JSON values. */
export interface MigratableData {
  readonly input: unknown;
  readonly steps: readonly { readonly name: string; readonly result: unknown }[];
}

export interface StartOptions {
  /** The same id and name again attaches to the same operation. @default a UUID v7, which grows with time */
  readonly id?: string;
  /** Kept with the operation and shown by `list` and `get`; strict JSON. */
  readonly metadata?: unknown;
  /** Whether an operation that is started inside another one's function must have ended by the other one's deadline too. @default true */
  readonly inheritDeadline?: boolean;
}

/** A named, recoverable function. */
export interface OperationDefinition<Input, Output> {
  readonly name: string;
  /**
   * Starts an operation; resolves when `pending` is durable.
   * @throws NotSerializableError, OperationConflictError, PersistenceError, RecoveryClosedError
   * @throws OverloadedError when it would have to wait for a slot and `maxPending` operations do so already; nothing of it is stored then
   */
  start(input: Input, options?: StartOptions): Promise<OperationHandle<Output>>;
  /** `start` and `result()` in one. */
  run(input: Input, options?: StartOptions): Promise<Output>;
  /**
   * Actor logic for `invoke` and `spawn` in an app's own machine: its input and output are the operation's, an operation that ends badly is its error.
   * Stopping the actor cancels the operation; a restored parent attaches to the same operation.
   */
  readonly logic: ActorLogic<Snapshot<Output>, AnyEventObject, Input>;
  /**
   * What the policy says about an error, where the attempts before failed in the same way: nothing is run, drawn or changed. Classifier and
   * strategies are asked. It is assumed that the breaker lets it try, that the budget is full and that the operation has just begun.
   * @param attempt the attempt that fails, from 1. @default 1
   * @throws ConfigError for an attempt that is not an integer >= 1
   */
  explain(error: unknown, attempt?: number): Explanation;
  /**
   * What would become of an operation whose calls end in a given way: attempts, delays and transitions, by the real charts on a clock that jumps. Classifier and
   * strategies are asked; function and fallback are not called, and nothing is drawn or stored. Its breaker is new, has its key to itself, and draws its
   * open times from the seed too; `concurrency` and `hedgeAfter` play no part.
   * @throws ConfigError that lists every problem of the options
   */
  preview(options: PreviewOptions): Preview;
  /** How its shadow policy compares with the one in force, up to now; undefined where it has none. */
  readonly shadow: ShadowReport | undefined;
}

/** An operation, from outside. */
export interface OperationHandle<Output = unknown> {
  readonly id: string;
  readonly name: string;
  /** The operation's XState actor. For a finished operation: its last snapshot, stopped. */
  readonly actor: ActorRefFrom<typeof operationMachine>;
  /** The state in memory; what is durable may be one commit behind. */
  readonly state: RecoveryState;
  /**
   * Settles when the final state is durable.
   * @throws OperationFailedError, OperationExhaustedError, OperationCancelledError, CircuitOpenError, PersistenceError, RecoveryClosedError
   */
  result(): Promise<Output>;
  /**
   * Its durable transitions, from the first on, also those of the past; completes with its end, and when the recovery closes. Each subscriber gets them all.
   */
  readonly transitions$: Observable<OperationTransition>;
  /** Ends it as failed; resolves to false when it had ended already. */
  cancel(reason?: string): Promise<boolean>;
  /** Holds it while it is pending or recovering; resolves to false when its chart does not allow that now. */
  pause(): Promise<boolean>;
  /** Lets a paused one go on; resolves to false when it is not paused. */
  continue(): Promise<boolean>;
}

/** What `resume` found. */
export interface ResumeReport {
  readonly resumed: number;
  readonly quarantined: number;
  /** Left waiting for a definition. */
  readonly undefined: number;
}

/** The service as its inbound adapters (CLI, HTTP, sockets) and apps see it. */
export interface Recovery extends Inspectable {
  /**
   * Defines an operation.
   * @throws ConfigError for an empty or used name, or an option out of range
   */
  operation<Input = void, Output = void>(
    name: string,
    fn: OperationFunction<Input, Output>,
    options?: OperationOptions<Input, Output>,
  ): OperationDefinition<Input, Output>;
  /** The definition of that name; undefined where there is none. Its input and output are what the function takes and returns. */
  definition(name: string): OperationDefinition<unknown, unknown> | undefined;
  /** Names of the definitions, in the order in which they were made. */
  readonly definitionNames: readonly string[];
  /** Rehydrates every unfinished operation of the store that has a definition; those defined later are rehydrated then. */
  resume(): Promise<ResumeReport>;
  /** A handle of an operation, finished or not; undefined when the store has none. */
  get(id: string): Promise<OperationHandle | undefined>;
  /** An operation as data. */
  view(id: string): Promise<OperationView | undefined>;
  list(query?: ListQuery): Promise<Page<OperationView>>;
  /** The same operations as `list`, without what they are about: for long lists. */
  summaries(query?: ListQuery): Promise<Page<OperationSummaryView>>;
  /** Operations in each state; states without any are 0. */
  counts(): Promise<Readonly<Record<RecoveryState, number>>>;
  /** The operation's transitions, oldest first, each with its reason. */
  history(id: string): Promise<readonly OperationTransition[]>;
  /** The operation's finished steps. */
  steps(id: string): Promise<readonly StepRecord[]>;
  transitions(query: TransitionQuery): Promise<readonly Transition[]>;
  /** How often each kind of transition was made, of those that the store still has. The first time takes a while in a large store. */
  transitionCounts(): Promise<readonly TransitionCount[]>;
  /** The greatest position in the store; 0 where there is no transition. A feed with it as `since` tells what comes after. */
  position(): Promise<number>;
  /** @throws OperationNotFoundError */
  cancel(id: string, reason?: string): Promise<boolean>;
  /**
   * Starts a failed or exhausted operation again under its id; finished steps are kept.
   * @throws OperationNotFoundError
   * @throws OperationConflictError when it is not failed or exhausted, or a child whose parent has ended
   */
  retry(id: string): Promise<OperationHandle>;
  /** @throws OperationNotFoundError */
  pause(id: string): Promise<boolean>;
  /** @throws OperationNotFoundError */
  continue(id: string): Promise<boolean>;
  /** The breaker of that key, as it is now; undefined while nothing has used it. Its history: `transitions({ breakerKey: key })`. */
  breaker(key: string): BreakerHandle | undefined;
  /** Every breaker, in the order of their keys. */
  breakers(): readonly BreakerView[];
  /**
   * Forces the breaker of a key into a state, also of one that nothing has used yet; resolves when that is durable.
   * @throws ConfigError for a key, state or option that cannot be used
   */
  forceBreaker(key: string, to: ForcedBreakerState, options?: ForceOptions): Promise<void>;
  /** How the shadow policies compare, of the definitions that have one. */
  shadows(): readonly ShadowReport[];
  /**
   * Every durable transition from now on, in order. What a subscriber throws is logged, and reaches nobody else; but a subscriber runs amid everything
   * else, so let one that takes its time read a `feed`.
   */
  readonly transitions$: Observable<Transition>;
  /** What functions say of how far they are, from now on. */
  readonly progress$: Observable<Progress>;
  /** A breaker as it is when a transition of it has become durable. */
  readonly breakers$: Observable<BreakerView>;
  /**
   * Transitions after a position that the reader knows, then live, without gap or repeat, at the reader's own pace.
   * @throws ConfigError that lists every problem of the options
   */
  feed(options?: FeedOptions): Feed;
  readonly metrics: RecoveryMetrics;
  /**
   * Lets somebody follow the inner work from now on: commits, attempts, ends. Best before `resume()`, so that nothing is missed.
   * @returns what ends it
   */
  observe(observer: RecoveryObserver): () => void;
  health(): RecoveryHealth;
  /**
   * Stops: running attempts get `drainTimeout` to end, then their signal; what is unfinished stays durable. Idempotent.
   */
  close(): Promise<void>;
}

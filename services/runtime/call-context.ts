import { AttemptOverError } from '../errors.ts';
import type {
  ChildOptions,
  Clock,
  Logger,
  ObservedCallEnd,
  OperationContext,
  OperationDefinition,
  Progress,
  TraceableOperation,
} from '../ports.ts';
import type { CommitLog } from './commit-log.ts';
import { runWithin } from './current-operation.ts';
import type { FollowedCall } from './followed-call.ts';
import type { LiveOperation } from './live-operation.ts';
import type { OperationSecrets } from './operation-secrets.ts';
import type { RunChild } from './parent-call.ts';
import type { StepTurns } from './step-turns.ts';
import { Steps, type StepsCall } from './steps.ts';
import { registerUndo } from './undo-registration.ts';

/** What a function's view of its operation needs of its surroundings. */
export interface ContextSurroundings {
  readonly clock: Clock;
  readonly log: CommitLog;
  readonly logger: Logger;
  readonly progress: (progress: Progress) => void;
  readonly child: RunChild;
}

/** One call of a user's function: what the function sees of its operation, and how it ends. */
export abstract class CallContext implements OperationContext, StepsCall {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  protected readonly operation: LiveOperation;
  protected readonly around: ContextSurroundings;
  /** When it was called, and when it last showed that it gets on; kept where the policy asks for it. */
  calledAt: number | undefined;
  protected healthyAt: number | undefined;
  /** Nothing that it does counts any more. */
  protected over = false;
  /** Those who follow the call, until they have been told of its end. */
  followed: FollowedCall | undefined;
  /** Settles when the function has; undefined for one that gave no promise. */
  protected running: Promise<void> | undefined;
  /** Made when it is asked for: most functions never look at it. */
  #controller: AbortController | undefined;
  #abortReason: unknown;
  #aborted = false;
  #steps: Steps | undefined;
  #log: Logger | undefined;

  constructor(operation: LiveOperation, attempt: number, around: ContextSurroundings) {
    this.id = operation.id;
    this.name = operation.name;
    this.attempt = attempt;
    this.operation = operation;
    this.around = around;
  }

  /** Calls the user's function. May throw. */
  protected abstract invoke(): unknown;
  /** The function has given something. */
  protected abstract returned(value: unknown): void;
  /** It has thrown, or what it gave cannot be used. */
  abstract threw(thrown: unknown): void;

  get hedge(): 0 | 1 {
    return 0;
  }

  get deadline(): number | undefined {
    return this.operation.actor.getSnapshot().context.policy.deadline ?? undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  get log(): Logger {
    this.#log ??= boundLogger(this.around.logger, this.operation.secrets, {
      operation_id: this.id,
      function_name: this.name,
      attempt: this.attempt,
      ...(this.hedge === 0 ? {} : { hedge: this.hedge }),
      ...this.logged,
    });
    return this.#log;
  }

  /** What its lines carry besides. */
  protected get logged(): Readonly<Record<string, unknown>> | undefined {
    return undefined;
  }

  progress(value: unknown): void {
    if (this.over) return;
    const { clock, progress } = this.around;
    const now = clock.now();
    this.healthyAt = now;
    const { id: operationId, name, attempt, hedge } = this;
    const { secrets } = this.operation;
    const shown = secrets === undefined ? value : secrets.scrubbed(value);
    const told = { operationId, name, attempt, value: shown, at: now };
    progress(hedge === 0 ? told : { ...told, hedge });
  }

  step<T>(name: string, fn: () => T | PromiseLike<T>): Promise<T> {
    this.#steps ??= new Steps(this.operation, this.attempt, this.around, this);
    return this.#steps.run(name, fn);
  }

  child<Input, Output>(
    definition: OperationDefinition<Input, Output>,
    input: Input,
    options: ChildOptions,
  ): Promise<Output> {
    const outcome = this.around.child(this.operation, this, definition, input, options);
    // A function may leave it, as in a race; what it ends with is in the store.
    outcome.catch(() => {});
    return outcome as Promise<Output>;
  }

  onUndo(name: string, input?: unknown): Promise<void> {
    return registerUndo(this.operation, this, this.around.log, name, input);
  }

  /** Steps of this name that another call of the attempt is at, where there may be one. */
  get stepTurns(): StepTurns | undefined {
    return undefined;
  }

  stepFinished(at: number): void {
    this.healthyAt = at;
  }

  refuseStep(): void {
    if (this.#aborted || this.over) this.#refuse();
  }

  refuseResult(): void {
    if (this.attemptOver) this.#refuse();
  }

  #refuse(): never {
    throw this.#aborted ? this.#abortReason : new AttemptOverError(this);
  }

  /** Its attempt may go on without it, where that has another call. */
  protected get attemptOver(): boolean {
    return this.over;
  }

  get isOver(): boolean {
    return this.attemptOver;
  }

  get traceable(): TraceableOperation {
    return this.operation.traceable;
  }

  /** Tells those who follow the call how it has ended. */
  tellEnd(end: ObservedCallEnd): void {
    const { followed } = this;
    this.followed = undefined;
    followed?.ended(end);
  }

  /** Calls the function. Never throws. */
  protected perform(): void {
    try {
      const { followed } = this;
      const invoke = () => this.invoke();
      const returned = runWithin(
        this,
        followed === undefined ? invoke : () => followed.run(invoke),
      );
      if (isThenable(returned)) {
        this.running = Promise.resolve(returned).then(
          value => this.returned(value),
          thrown => this.threw(thrown),
        );
      } else this.returned(returned);
    } catch (error) {
      this.threw(error);
    }
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  protected get abortReason(): unknown {
    return this.#abortReason;
  }

  /** Milliseconds from its call until it last showed that it gets on. */
  get healthyFor(): number {
    const { calledAt, healthyAt } = this;
    return calledAt === undefined || healthyAt === undefined ? 0 : healthyAt - calledAt;
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { then?: unknown }).then === 'function';

function boundLogger(
  logger: Logger,
  secrets: OperationSecrets | undefined,
  bound: Readonly<Record<string, unknown>>,
): Logger {
  const line =
    (level: keyof Logger): Logger[keyof Logger] =>
    (fields, message) => {
      if (secrets === undefined) logger[level]({ ...bound, ...fields }, message);
      else {
        const entries = Object.entries(fields ?? {});
        const clean = entries.map(([key, value]) => [key, secrets.scrubbed(value)]);
        const told = { ...bound, ...Object.fromEntries(clean) };
        logger[level](told, secrets.scrubbed(message));
      }
    };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

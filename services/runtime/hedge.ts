import { CallContext, type ContextSurroundings } from './call-context.ts';
import type { LiveOperation } from './live-operation.ts';
import type { StepTurns } from './step-turns.ts';

/** The attempt that a hedge belongs to. */
export interface HedgeOwner {
  readonly stepTurns: StepTurns;
  readonly ended: boolean;
  /** A call has given something. */
  settled(call: CallContext, value: unknown): boolean;
  hedgeThrew(hedge: Hedge, thrown: unknown): void;
}

/** The second call of an attempt's function, begun because the first one takes long. */
export class Hedge extends CallContext {
  readonly #owner: HedgeOwner;

  constructor(
    operation: LiveOperation,
    attempt: number,
    around: ContextSurroundings,
    owner: HedgeOwner,
  ) {
    super(operation, attempt, around);
    this.#owner = owner;
  }

  override get hedge(): 1 {
    return 1;
  }

  override get stepTurns(): StepTurns {
    return this.#owner.stepTurns;
  }

  protected override get attemptOver(): boolean {
    return this.#owner.ended;
  }

  begin(): void {
    this.calledAt = this.around.clock.now();
    this.perform();
  }

  protected invoke(): unknown {
    const { operation } = this;
    return operation.definition.fn(operation.input, this);
  }

  protected returned(value: unknown): void {
    if (!this.over) this.#owner.settled(this, value);
  }

  threw(thrown: unknown): void {
    if (this.over) return;
    this.over = true;
    if (this.followed !== undefined)
      this.tellEnd({ kind: 'failed', error: this.operation.told(thrown) });
    this.#owner.hedgeThrew(this, thrown);
  }

  /** Its attempt is over: nothing of it counts any more. */
  end(): void {
    this.over = true;
  }

  get atWork(): Promise<void> | undefined {
    return this.running;
  }
}

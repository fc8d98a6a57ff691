import { ConfigError, type RecoveryError } from '../errors.ts';
import { toStrictJson } from '../json.ts';
import { Call } from './call.ts';
import { endingError } from './ending.ts';
import { fallbackTimedOut } from './time-limits.ts';

/** One call of the function that stands in for an operation which would have failed or been exhausted. */
export class FallbackCall extends Call {
  protected invoke(): unknown {
    const { fallback } = this.operation.policy;
    if (fallback === undefined) {
      throw new ConfigError(`operation "${this.name}" has no fallback any more`);
    }
    return fallback(this.#failure(), this);
  }

  /** It is not given the input. */
  protected override get needsInput(): boolean {
    return false;
  }

  /** It stands in also for what has run into a deadline, and the operations that it starts have to have time. */
  override get deadline(): undefined {
    return undefined;
  }

  /** The error that the operation would have ended with. */
  #failure(): RecoveryError {
    const { operation } = this;
    const { context } = operation.actor.getSnapshot();
    const { state, reason } = context.ending ?? { state: 'failed', reason: context.last.reason };
    const ended = { ...context, last: { ...context.last, reason } };
    return endingError(operation, state, ended, operation.thrown);
  }

  /** It has as much time as an attempt, whatever is left of the whole. */
  protected arm(): boolean {
    const { timeout } = this.operation.policy;
    if (timeout === undefined) return true;
    this.alarm(this.around.clock.now() + timeout, () => {
      const error = fallbackTimedOut(this, timeout);
      this.giveUp(error);
      this.failed(error);
    });
    return true;
  }

  protected succeed(value: unknown): void {
    const { operation } = this;
    try {
      const what = `the output of the fallback of "${this.name}"`;
      const result = toStrictJson(value, what);
      operation.secrets?.refuse(result, what);
      operation.result = result;
      operation.output = value;
    } catch (error) {
      this.failed(error);
      return;
    }
    this.end({ kind: 'succeeded', at: this.around.clock.now() });
  }

  protected fail(thrown: unknown): void {
    const at = this.around.clock.now();
    this.end({ kind: 'failed', at, error: this.operation.told(thrown) });
  }
}

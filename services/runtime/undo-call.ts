import type { Undo } from '../../machines/operation/types.ts';
import { ConfigError } from '../errors.ts';
import { fromJson } from '../json.ts';
import type { UndoContext } from '../ports.ts';
import { Call } from './call.ts';
import { undoTimedOut } from './time-limits.ts';
import { verdictOnUndo } from './undo-verdict.ts';

/** One call of an undo: the function that takes back what was registered last. */
export class UndoCall extends Call {
  protected invoke(): unknown {
    const { name, input } = this.#undo;
    const { undo } = this.operation.policy;
    const fn = Object.hasOwn(undo, name) ? undo[name] : undefined;
    if (fn === undefined) {
      throw new ConfigError(`operation "${this.name}" has no undo "${name}" any more`);
    }
    return fn(fromJson(input), this.#context());
  }

  get #undo(): Undo {
    const { undos } = this.operation.actor.getSnapshot().context;
    return undos?.left.at(-1) as Undo;
  }

  #context(): UndoContext {
    const { id, name, attempt, signal, log } = this;
    return { id, name, undo: this.#undo.name, attempt, signal, log };
  }

  protected override get logged(): Readonly<Record<string, unknown>> {
    return { undo: this.#undo.name };
  }

  /** It is given what was registered, not the operation's input. */
  protected override get needsInput(): boolean {
    return false;
  }

  /** What has run into a deadline is taken back too. */
  override get deadline(): undefined {
    return undefined;
  }

  override step(): Promise<never> {
    return Promise.reject(new ConfigError(`an undo of operation "${this.name}" has no steps`));
  }

  override onUndo(): Promise<never> {
    return Promise.reject(new ConfigError(`an undo of operation "${this.name}" registers nothing`));
  }

  override child(): Promise<never> {
    return Promise.reject(new ConfigError(`an undo of operation "${this.name}" has no children`));
  }

  /** It has as much time as an attempt. */
  protected arm(): boolean {
    const { timeout } = this.operation.policy;
    if (timeout === undefined) return true;
    this.alarm(this.around.clock.now() + timeout, () => {
      const error = undoTimedOut(this, this.#undo.name, timeout);
      this.giveUp(error);
      this.failed(error);
    });
    return true;
  }

  protected succeed(): void {
    this.end({ kind: 'succeeded', at: this.around.clock.now() });
  }

  protected fail(thrown: unknown): void {
    const { operation } = this;
    const { context } = operation.actor.getSnapshot();
    const now = this.around.clock.now();
    const { verdict, error } = verdictOnUndo(operation.policy, thrown, context, now);
    const told = { error: operation.told(error), verdict: operation.scrubbed(verdict) };
    this.end({ kind: 'failed', at: now, ...told });
  }
}

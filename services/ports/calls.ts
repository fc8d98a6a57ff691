import type { Logger } from './logger.ts';

/** What an undo sees of its operation. */
export interface UndoContext {
  /** Of the operation. */
  readonly id: string;
  /** Name of the definition. */
  readonly name: string;
  /** Its own name. */
  readonly undo: string;
  /** Which call of it this is, from 1: after one that has failed, or was cut short by the end of its process, there is another. */
  readonly attempt: number;
  /** Aborted on time-out and close. */
  readonly signal: AbortSignal;
  /** Writes lines that carry the operation's id and name, the undo's name, and `attempt`. */
  readonly log: Logger;
}

/**
 * Takes back what was registered under its name. May be called again after it has succeeded, where its process died before that was durable, and for what
 * was never done, where the process died in between: it must not mind.
 */
export type UndoFunction = Undoing['undo'];
/** A method, so that a function may say which input it takes. */
interface Undoing {
  undo(input: unknown, op: UndoContext): unknown;
}

export interface ChildOptions {
  /** Names the child within its parent: 1 to 200 characters. Its id is `<parent's id>/<key>`. */
  readonly key: string;
  /** Kept with the child and shown by `list` and `get`; strict JSON. */
  readonly metadata?: unknown;
}

/** A value of `op.progress`. */
export interface Progress {
  readonly operationId: string;
  readonly name: string;
  readonly attempt: number;
  /** Told by the second call of a hedged attempt. */
  readonly hedge?: 1;
  readonly value: unknown;
  readonly at: number;
}

export interface SecretsAsked {
  /** Of the operation. */
  readonly id: string;
  /** Of the secrets: `headers.authorization`. */
  readonly paths: readonly string[];
  /** Aborted where the attempt is over before they come. */
  readonly signal: AbortSignal;
}

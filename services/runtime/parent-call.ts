import type { ChildOptions } from '../ports.ts';
import type { LiveOperation } from './live-operation.ts';

/** A call that asks for children. */
export interface ParentCall {
  readonly signal: AbortSignal;
  readonly deadline: number | undefined;
  /** Nothing that its attempt does counts any more. */
  readonly isOver: boolean;
  /** @throws why, when the call may begin nothing any more */
  refuseStep(): void;
}

/** The outcome of a parent's child, which is begun where there is none yet. */
export type RunChild = (
  parent: LiveOperation,
  call: ParentCall,
  definition: unknown,
  input: unknown,
  options: ChildOptions,
) => Promise<unknown>;

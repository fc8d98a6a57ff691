import type { BreakerState, OperationState } from './wire.ts';

/** In the order in which an operation comes through them. */
export const OPERATION_STATES = [
  'pending',
  'in_progress',
  'recovering',
  'success',
  'failed',
  'exhausted',
] as const satisfies readonly OperationState[];

export const BREAKER_STATES = [
  'closed',
  'half_open',
  'open',
  'isolated',
  'forced_closed',
  'metrics_only',
] as const satisfies readonly BreakerState[];

export type AnyState = OperationState | BreakerState;

/** Words for people. */
const WORDS: Readonly<Record<AnyState, string>> = {
  pending: 'Pending',
  in_progress: 'In progress',
  recovering: 'Recovering',
  success: 'Success',
  failed: 'Failed',
  exhausted: 'Exhausted',
  closed: 'Closed',
  open: 'Open',
  half_open: 'Half open',
  isolated: 'Isolated',
  forced_closed: 'Forced closed',
  metrics_only: 'Metrics only',
};

/** A state that a newer server knows and this page does not is told by its own word. */
export const wordsOf = (state: string): string => WORDS[state as AnyState] ?? state;

/** The colours are those of operations; a breaker borrows the one that means the same to whoever looks. */
const TONES: Readonly<Record<AnyState, string>> = {
  pending: 'pending',
  in_progress: 'in-progress',
  recovering: 'recovering',
  success: 'success',
  failed: 'failed',
  exhausted: 'exhausted',
  closed: 'success',
  half_open: 'recovering',
  open: 'failed',
  isolated: 'exhausted',
  forced_closed: 'in-progress',
  metrics_only: 'pending',
};

/** The name of the custom property behind `--state-`. */
export const toneOf = (state: string): string => TONES[state as AnyState] ?? 'pending';

export const isFinal = (state: OperationState): boolean =>
  state === 'success' || state === 'failed' || state === 'exhausted';

/** What an operator may do to an operation in a state and at a path. The chart decides in the end, and its answer is shown. */
export function actionsFor(state: OperationState, path: string): readonly SteeringAction[] {
  if (state === 'failed' || state === 'exhausted') return ['retry'];
  if (state === 'success') return [];
  if (path.endsWith('.undoing')) return [];
  if (path.endsWith('.paused')) return ['continue', 'cancel'];
  return state === 'in_progress' ? ['cancel'] : ['pause', 'cancel'];
}

export type SteeringAction = 'pause' | 'continue' | 'cancel' | 'retry';

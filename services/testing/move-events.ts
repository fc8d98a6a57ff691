import type { Policy } from '../runtime/policy.ts';
import type { ModelEvent } from './operation-model.ts';
import type { Outcomes } from './outcomes.ts';

/** What the moves of a path rest on. */
export interface Setting {
  readonly policy: Policy;
  readonly outcomes: Outcomes;
  /** Whether something can take all slots: the definition has a `concurrency` or a `keyConcurrency`, or the recovery a `concurrency`. */
  readonly hasSlots: boolean;
  /** Tokens of the retry budget, where they are known. @default a full bucket, less what the path has paid */
  readonly tokens?: number;
  /** The present. @default what the path says */
  readonly now?: number;
}

/** What is undefined cannot be. */
export type Moves = readonly (ModelEvent | undefined)[];

export function dated(type: string, at: number): ModelEvent;
export function dated(type: string, at: number | undefined): ModelEvent | undefined;
export function dated(type: string, at: number | undefined): ModelEvent | undefined {
  return at === undefined ? undefined : ({ type, move: type, at } as ModelEvent);
}

export const ended = (actor: string, move: string, output: unknown): ModelEvent => ({
  type: `xstate.done.actor.${actor}`,
  move,
  output,
});

export const broken = (actor: string) =>
  ({
    type: `xstate.error.actor.${actor}`,
    move: 'broken',
    error: 'broken by a test',
  }) as ModelEvent;

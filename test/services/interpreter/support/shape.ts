import { type AnyEventObject, type AnyStateMachine, assign, createMachine } from 'xstate';
import type { Move } from './side-by-side.ts';

/** A chart with what is done to it. */
export type Shape = readonly [() => AnyStateMachine, readonly Move[]];

export const send =
  (type: string, more: object = {}): Move =>
  actor =>
    actor.send({ type, ...more } as AnyEventObject);

/** Shapes of all kinds have contexts of all kinds. */
export interface Given {
  readonly context: {
    readonly notes: readonly string[];
    readonly count: number;
    readonly given: number;
    readonly total: number;
  };
  readonly event: AnyEventObject;
}
export const chart = (config: object, implementations: object = {}): AnyStateMachine =>
  createMachine(config as never, implementations as never);
export const change = (by: (given: Given, params: { readonly by: number }) => object) =>
  assign(by as never);
export const note = (what: string) =>
  change(({ context }) => ({ notes: [...context.notes, what] }));
export const context = { notes: [] as string[] };

export const childOf = (actor: { getSnapshot(): unknown }, id: string) =>
  (actor.getSnapshot() as { children: Record<string, { send(event: unknown): void }> }).children[
    id
  ] as { send(event: unknown): void };

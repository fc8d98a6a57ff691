import type { AnyActorRef, AnyEventObject } from 'xstate';

/** The part of XState 5 that `planned` builds on. Not public there: checked before use, and against XState itself by the tests. */

export interface ActionArgs {
  readonly context: object;
  readonly event: AnyEventObject;
  readonly self: AnyActorRef;
  readonly system: Scope['system'];
}

/** An action as a transition or a node names it. */
export type ActionReference =
  | string
  | ActionFunction
  | { readonly type: string; readonly params?: unknown };

/** The implementation of an action: a function; the built-in ones carry their kind and how to run them. */
export interface ActionFunction {
  (args: ActionArgs, params: unknown): void;
  readonly type?: string;
  readonly assignment?: unknown;
  readonly to?: unknown;
  readonly delay?: unknown;
  readonly resolve?: (
    scope: Scope,
    snapshot: MachineSnapshot,
    args: ActionArgs,
    params: unknown,
    action: ActionFunction,
    extra: { readonly internalQueue: unknown[]; readonly deferredActorIds: undefined },
  ) => readonly [snapshot: MachineSnapshot, params: unknown, actions: unknown];
  readonly execute?: (scope: Scope, params: unknown) => void;
}

export interface TransitionDefinition {
  readonly source: StateNode;
  readonly target: readonly StateNode[] | undefined;
  readonly reenter: boolean;
  readonly actions: readonly ActionReference[];
}

export interface InvokeDefinition {
  readonly id: string;
  readonly src: string;
  readonly systemId: string | undefined;
  readonly input?: unknown;
  readonly onSnapshot?: unknown;
}

export interface StateNode {
  readonly id: string;
  readonly key: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly parent: StateNode | undefined;
  readonly states: Readonly<Record<string, StateNode>>;
  readonly entry: readonly ActionReference[];
  readonly exit: readonly ActionReference[];
  readonly always: unknown;
  readonly tags: readonly string[];
  readonly output: unknown;
  readonly invoke: readonly InvokeDefinition[];
  readonly initial: { readonly target: readonly StateNode[]; readonly actions: readonly unknown[] };
  readonly config: { readonly onDone?: unknown };
  /** The transitions that the node takes on an event: none or one. */
  next(
    snapshot: MachineSnapshot,
    event: AnyEventObject,
  ): readonly TransitionDefinition[] | undefined;
}

export interface MachineSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly output: unknown;
  readonly error: unknown;
  readonly machine: Machine;
  readonly context: object;
  readonly _nodes: readonly StateNode[];
  readonly value: unknown;
  readonly tags: ReadonlySet<string>;
  readonly children: Readonly<Record<string, AnyActorRef | undefined>>;
  readonly historyValue: unknown;
  readonly matches: unknown;
  readonly hasTag: unknown;
  readonly can: unknown;
  readonly getMeta: unknown;
  readonly toJSON: unknown;
}

/** What an actor lends its logic for one event. */
export interface Scope {
  readonly self: AnyActorRef;
  readonly system: { _sendInspectionEvent(event: object): void };
  defer(fn: () => void): void;
  actionExecutor(action: {
    readonly type: string;
    readonly info: ActionArgs;
    readonly params: unknown;
    readonly exec: ((args: ActionArgs, params: unknown) => void) | undefined;
  }): void;
}

export interface Machine {
  readonly root: StateNode;
  readonly config: { readonly context?: unknown };
  readonly implementations: {
    readonly actions: Readonly<Record<string, ActionFunction | undefined>>;
    readonly actors: Readonly<Record<string, unknown>>;
  };
  transition(snapshot: MachineSnapshot, event: AnyEventObject, scope: Scope): MachineSnapshot;
  getInitialSnapshot(scope: Scope, input: unknown): MachineSnapshot;
}

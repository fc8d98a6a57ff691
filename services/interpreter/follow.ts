import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  spawnChild,
  stopChild,
} from 'xstate';
import { filledChild } from './lean-actor.ts';
import type { Configuration, Doing, Plan, PlannedAction } from './plan.ts';
import type {
  ActionArgs,
  InvokeDefinition,
  Machine,
  MachineSnapshot,
  Scope,
  StateNode,
} from './xstate-internals.ts';

/** How XState runs what its own `stopChild` and `spawnChild` have resolved. */
interface Executable {
  readonly execute: (scope: Scope, params: unknown) => void;
}
export const STOP = stopChild('') as unknown as Executable;
export const SPAWN = spawnChild('') as unknown as Executable;

const EXTRA = { internalQueue: [] as unknown[], deferredActorIds: undefined };

/** What changes while a plan is followed. */
interface Draft {
  context: object;
  children: MachineSnapshot['children'];
}

/** Does what a plan says, in its order; gives back the snapshot afterwards. */
export function follow(
  { doings, arrival }: Plan,
  snapshot: MachineSnapshot,
  event: AnyEventObject,
  scope: Scope,
): MachineSnapshot {
  const { context, children } = snapshot;
  const draft: Draft = { context, children };
  for (const doing of doings) carryOut(doing, draft, snapshot, event, scope);
  if (arrival === undefined) {
    if (draft.context === context && draft.children === children) return snapshot;
    return arrived(snapshot, draft, snapshot, 'active', undefined);
  }
  if (!arrival.final) return arrived(snapshot, draft, arrival, 'active', undefined);
  return ended(arrival, draft, snapshot, scope);
}

function carryOut(
  doing: Doing,
  draft: Draft,
  snapshot: MachineSnapshot,
  event: AnyEventObject,
  scope: Scope,
): void {
  switch (doing.kind) {
    case 'act':
      act(doing.action, draft, snapshot, event, scope);
      return;
    case 'stop': {
      const { [doing.id]: child, ...others } = draft.children;
      draft.children = others;
      stop(child, argsOf(draft, event, scope), scope);
      return;
    }
    case 'start':
      start(doing.invoke, draft, snapshot.machine, event, scope);
  }
}

function act(
  { name, run, params }: PlannedAction,
  draft: Draft,
  snapshot: MachineSnapshot,
  event: AnyEventObject,
  scope: Scope,
): void {
  const { context } = draft;
  const given = typeof params === 'function' ? params({ context, event }) : params;
  const args = argsOf(draft, event, scope);
  if (run.resolve === undefined) {
    scope.actionExecutor({ type: name || '(anonymous)', info: args, params: given, exec: run });
    return;
  }
  if (run.type === 'xstate.assign') {
    draft.context = Object.assign({}, context, assigned(run.assignment, args, given));
    return;
  }
  const { children } = draft;
  const current =
    context === snapshot.context && children === snapshot.children
      ? snapshot
      : { ...snapshot, context, children };
  const [next, resolved] = run.resolve(scope, current, args, given, run, EXTRA);
  draft.children = next.children;
  const { execute } = run;
  if (execute === undefined) return;
  const exec = () => execute(scope, resolved);
  scope.actionExecutor({ type: run.type ?? name, info: args, params: resolved, exec });
}

/** What `assign` was given: a function, or an object of values and functions. Charts that spawn in it are not planned. */
function assigned(assignment: unknown, args: ActionArgs, params: unknown): object {
  if (typeof assignment === 'function') return assignment(args, params);
  const change: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(assignment as object)) {
    change[key] = typeof value === 'function' ? value(args, params) : value;
  }
  return change;
}

function start(
  { id, src, systemId, input }: InvokeDefinition,
  draft: Draft,
  machine: Machine,
  event: AnyEventObject,
  scope: Scope,
): void {
  const { context } = draft;
  const { self } = scope;
  const given = typeof input === 'function' ? input({ context, event, self }) : input;
  const logic = machine.implementations.actors[src] as AnyActorLogic;
  const child = filledChild(logic, { id, src, parent: self, input: given });
  draft.children = { ...draft.children, [id]: child };
  scope.actionExecutor({
    type: 'xstate.spawnChild',
    info: argsOf(draft, event, scope),
    params: { id, systemId, actorRef: child, src, input: given },
    exec: () => SPAWN.execute(scope, { actorRef: child }),
  });
}

function stop(child: AnyActorRef | undefined, info: ActionArgs, scope: Scope): void {
  const exec = () => STOP.execute(scope, child);
  scope.actionExecutor({ type: 'xstate.stopChild', info, params: child, exec });
}

/** A machine that has ended leaves no child behind. */
export function stopAll(snapshot: MachineSnapshot, event: AnyEventObject, scope: Scope): void {
  for (const child of Object.values(snapshot.children)) {
    stop(child, argsOf(snapshot, event, scope), scope);
  }
}

const argsOf = (
  { context }: Draft,
  event: AnyEventObject,
  { self, system }: Scope,
): ActionArgs => ({
  context,
  event,
  self,
  system,
});

/** The final state of the machine, with its output. */
function ended(
  arrival: Configuration,
  draft: Draft,
  snapshot: MachineSnapshot,
  scope: Scope,
): MachineSnapshot {
  const { output } = snapshot.machine.root;
  const { context } = draft;
  const type = `xstate.done.state.${(arrival._nodes.at(-1) as StateNode).id}`;
  const told =
    typeof output === 'function'
      ? output({ context, event: { type, output: undefined }, self: scope.self })
      : output;
  return arrived(snapshot, draft, arrival, 'done', told);
}

/** A snapshot with what a transition changes. */
export function arrived(
  { machine, error, historyValue, matches, hasTag, can, getMeta, toJSON }: MachineSnapshot,
  { context, children }: Draft,
  { _nodes, value, tags }: Pick<MachineSnapshot, '_nodes' | 'value' | 'tags'>,
  status: MachineSnapshot['status'],
  output: unknown,
): MachineSnapshot {
  return {
    status,
    output,
    error,
    machine,
    context,
    _nodes,
    value,
    tags,
    children,
    historyValue,
    matches,
    hasTag,
    can,
    getMeta,
    toJSON,
  };
}

import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { ConfigError } from '../errors.ts';
import { arrived, follow, SPAWN, STOP, stopAll } from './follow.ts';
import { configurationOf, initialPath, isPlannable, type Plan, planOf } from './plan.ts';
import type {
  Machine,
  MachineSnapshot,
  StateNode,
  TransitionDefinition,
} from './xstate-internals.ts';

/** `null`: XState has to work that one out. */
type Plans = WeakMap<TransitionDefinition, Map<StateNode, Plan | null>>;

/**
 * The same machine with its transitions worked out once instead of at each event: which states are left and entered, which actors stop and start,
 * and what the state's value is afterwards do not depend on context or event. Guards, actions, order, snapshots and inspection events are XState's.
 *
 * XState's interpreter serves parallel states, history, eventless transitions and raised events, which these charts have none of, and finds out at each event
 * that there are none: most of the time and garbage of an operation. What is not planned (stopping, errors, a machine with such things,
 * an XState whose inside looks different) goes to XState's own interpreter.
 */
export function plannedMachine<M extends AnyStateMachine>(machine: M): M {
  const inside = machine as unknown as Machine;
  if (!looksFamiliar(inside) || !isPlannable(inside)) return machine;
  const interpret = inside.transition;
  const plans: Plans = new WeakMap();
  inside.transition = (snapshot, event, scope) => {
    const leaf = snapshot._nodes.at(-1) as StateNode;
    const transition = leaf.type === 'atomic' ? select(leaf, snapshot, event) : undefined;
    if (transition === undefined) return interpret(snapshot, event, scope);
    const plan = find(plans, inside, leaf, transition);
    if (plan === null) return interpret(snapshot, event, scope);
    const next = follow(plan, snapshot, event, scope);
    scope.system._sendInspectionEvent({
      type: '@xstate.microstep',
      actorRef: scope.self,
      event,
      snapshot: next,
      _transitions: [transition],
    });
    if (next.status === 'done') stopAll(next, event, scope);
    return next;
  };
  planBeginning(inside);
  return machine;
}

/** The leaf's own transition wins over its parents'. */
function select(
  leaf: StateNode,
  snapshot: MachineSnapshot,
  event: AnyEventObject,
): TransitionDefinition | undefined {
  if (event.type === 'xstate.stop') return undefined;
  for (let node: StateNode | undefined = leaf; node !== undefined; node = node.parent) {
    const transition = node.next(snapshot, event)?.[0];
    if (transition !== undefined) return transition;
  }
  return undefined;
}

function find(
  plans: Plans,
  machine: Machine,
  leaf: StateNode,
  transition: TransitionDefinition,
): Plan | null {
  let byLeaf = plans.get(transition);
  if (byLeaf === undefined) {
    byLeaf = new Map();
    plans.set(transition, byLeaf);
  }
  let plan = byLeaf.get(leaf);
  if (plan === undefined) {
    plan = planOf(machine, leaf, transition) ?? null;
    byLeaf.set(leaf, plan);
  }
  return plan;
}

/** Plans the first snapshot too, where entering it does nothing but make the context. */
function planBeginning(machine: Machine): void {
  const begin = machine.getInitialSnapshot;
  const { context: contextOf } = machine.config;
  const path = initialPath(machine.root);
  const quiet = path.every(({ entry, invoke }) => entry.length === 0 && invoke.length === 0);
  if (!quiet || typeof contextOf !== 'function') return;
  const beginning = configurationOf(path.at(-1) ?? machine.root);
  let template: MachineSnapshot | undefined;
  machine.getInitialSnapshot = (scope, input) => {
    if (template === undefined) {
      const first = begin(scope, input);
      if (first.status === 'active') template = first;
      return first;
    }
    let context: object;
    try {
      context = contextOf({ input, self: scope.self, spawn: refuseToSpawn });
    } catch {
      return begin(scope, input); // and tells of it as XState does
    }
    return arrived(template, { context, children: {} }, beginning, 'active', undefined);
  };
}

const refuseToSpawn = () => {
  throw new ConfigError('a planned machine can not spawn actors while it makes its context');
};

/** Whether this XState has inside what is built on here. */
function looksFamiliar(machine: Machine): boolean {
  const { root, implementations } = machine as Partial<Machine>;
  return (
    typeof root?.next === 'function' &&
    Array.isArray(root.entry) &&
    Array.isArray(root.exit) &&
    Array.isArray(root.invoke) &&
    typeof implementations?.actions === 'object' &&
    typeof implementations.actors === 'object' &&
    typeof machine.transition === 'function' &&
    typeof machine.getInitialSnapshot === 'function' &&
    typeof STOP.execute === 'function' &&
    typeof SPAWN.execute === 'function'
  );
}

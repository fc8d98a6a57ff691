import type {
  ActionFunction,
  ActionReference,
  InvokeDefinition,
  Machine,
  StateNode,
  TransitionDefinition,
} from './xstate-internals.ts';

/** An action with what there is to know of it before it runs. */
export interface PlannedAction {
  readonly name: string;
  readonly run: ActionFunction;
  readonly params: unknown;
}

/** Everything about a transition from one leaf that does not depend on context or event. */
export interface Plan {
  /** Exit actions, then the transition's, then entry actions, with the actors that stop and start in between. */
  readonly doings: readonly Doing[];
  /** The configuration afterwards; undefined when it stays as it is. */
  readonly arrival: Configuration | undefined;
}

export type Doing =
  | { readonly kind: 'act'; readonly action: PlannedAction }
  | { readonly kind: 'stop'; readonly id: string }
  | { readonly kind: 'start'; readonly invoke: InvokeDefinition };

/** A configuration of nodes, with what a snapshot tells of it. */
export interface Configuration {
  readonly _nodes: readonly StateNode[];
  readonly value: unknown;
  readonly tags: ReadonlySet<string>;
  /** A final state of the machine. */
  readonly final: boolean;
}

/** Built-in actions that neither raise events nor expand into others. */
const PLAIN = new Set(['xstate.assign', 'xstate.sendTo', 'xstate.emit', 'xstate.stopChild']);

/** Whether every configuration of the machine is one leaf and nothing happens without an event. */
export function isPlannable({ root }: Machine): boolean {
  return root.exit.length === 0 && root.entry.length === 0 && everyNode(root, isSimple);
}

const isSimple = (node: StateNode): boolean =>
  node.type !== 'parallel' &&
  node.type !== 'history' &&
  !(node.always as readonly unknown[] | undefined)?.length &&
  node.config.onDone === undefined &&
  (node.type !== 'final' ||
    (node.parent?.parent === undefined && node.exit.length === 0 && node.output === undefined)) &&
  (node.type !== 'compound' || node.initial.actions.length === 0) &&
  node.invoke.every(
    ({ onSnapshot, systemId, src }) =>
      onSnapshot === undefined && systemId === undefined && typeof src === 'string',
  );

function everyNode(node: StateNode, test: (node: StateNode) => boolean): boolean {
  return test(node) && Object.values(node.states).every(child => everyNode(child, test));
}

/** The plan of a transition from a leaf; undefined for one that XState has to work out itself. */
export function planOf(
  machine: Machine,
  leaf: StateNode,
  transition: TransitionDefinition,
): Plan | undefined {
  const { target, source, reenter } = transition;
  const own = plannedActions(machine, transition.actions);
  if (own === undefined) return undefined;
  if (target === undefined || target.length === 0) return { doings: own, arrival: undefined };
  const [goal, ...others] = target;
  if (goal === undefined || others.length > 0) return undefined;
  const domain = domainOf(source, goal, reenter);
  if (domain === undefined) return undefined;
  const exited = pathTo(leaf, domain);
  const entered = [...pathTo(goal, domain).reverse(), ...initialPath(goal)];
  const doings: Doing[] = [];
  for (const node of exited) {
    const actions = plannedActions(machine, node.exit);
    if (actions === undefined) return undefined;
    doings.push(...actions, ...node.invoke.map(stopping));
  }
  doings.push(...own);
  for (const node of entered) {
    const actions = plannedActions(machine, node.entry);
    if (actions === undefined) return undefined;
    const starts = node.invoke.map(invoke => ({ kind: 'start', invoke }) as const);
    if (starts.some(({ invoke }) => machine.implementations.actors[invoke.src] === undefined)) {
      return undefined;
    }
    doings.push(...actions, ...starts);
  }
  if (exited.length === 0 && entered.length === 0) return { doings, arrival: undefined };
  return { doings, arrival: configurationOf(entered.at(-1) ?? goal) };
}

const stopping = ({ id }: InvokeDefinition): Doing => ({ kind: 'stop', id });

/** The configuration whose leaf is that node. */
export function configurationOf(leaf: StateNode): Configuration {
  const nodes = pathTo(leaf, undefined).reverse();
  return {
    _nodes: nodes,
    value: Object.freeze(stateValue(nodes.slice(1))),
    tags: new Set(nodes.flatMap(node => node.tags)),
    final: leaf.type === 'final',
  };
}

/** `a.b.c` as XState tells it: `{ a: { b: 'c' } }`. */
function stateValue([node, ...below]: readonly StateNode[]): unknown {
  if (node === undefined) return {};
  return below.length === 0 ? node.key : { [node.key]: stateValue(below) };
}

/** The smallest node that a transition stays within. @see https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation getTransitionDomain */
function domainOf(source: StateNode, goal: StateNode, reenter: boolean): StateNode | undefined {
  if (!reenter && (goal === source || isBelow(goal, source))) return source;
  for (let node = goal.parent; node !== undefined; node = node.parent) {
    if (isBelow(source, node)) return node;
  }
  return reenter ? undefined : source;
}

const isBelow = (node: StateNode, ancestor: StateNode): boolean => {
  for (let at = node.parent; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
};

/** From a node up to, and without, an ancestor. */
function pathTo(node: StateNode, ancestor: StateNode | undefined): StateNode[] {
  const path: StateNode[] = [];
  for (let at: StateNode | undefined = node; at !== undefined && at !== ancestor; at = at.parent) {
    path.push(at);
  }
  return path;
}

/** The nodes below one that are entered with it. */
export function initialPath(node: StateNode): StateNode[] {
  const path: StateNode[] = [];
  for (let at = node; at.type === 'compound'; ) {
    const child = at.initial.target[0];
    if (child === undefined) break;
    // an initial target may lie deeper than one level
    path.push(...pathTo(child, at).reverse());
    at = child;
  }
  return path;
}

function plannedActions(
  machine: Machine,
  references: readonly ActionReference[],
): Doing[] | undefined {
  const doings: Doing[] = [];
  for (const reference of references) {
    const action = plannedAction(machine, reference);
    if (action === undefined) return undefined;
    doings.push({ kind: 'act', action });
  }
  return doings;
}

function plannedAction(machine: Machine, reference: ActionReference): PlannedAction | undefined {
  const { actions } = machine.implementations;
  if (typeof reference === 'function')
    return allowed({ name: reference.name, run: reference, params: undefined });
  const name = typeof reference === 'string' ? reference : reference.type;
  const run = actions[name];
  const params = typeof reference === 'string' ? undefined : reference.params;
  return run === undefined ? undefined : allowed({ name, run, params });
}

/** A built-in action is only planned where it is one of those that this interpreter knows. */
function allowed(action: PlannedAction): PlannedAction | undefined {
  const { run } = action;
  if (run.resolve === undefined) return action;
  if (run.type === undefined || !PLAIN.has(run.type)) return undefined;
  return run.delay === undefined ? action : undefined;
}

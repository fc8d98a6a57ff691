import type { Findings } from './findings.ts';
import {
  type Graph,
  groupName,
  type Link,
  SUBGRAPH_INPUTS,
  SUBGRAPH_OUTPUTS,
  WORKFLOW_LIMITS,
  type Workflow,
} from './graph.ts';

/** Ids of a cycle that are told, and characters of each. */
const TOLD = 8;
const MAX_TOLD = 40;

/** Whether no subgraph or group node contains itself. */
export function checkNesting(workflow: Workflow, findings: Findings): boolean {
  const before = findings.total;
  const open = new Set<Graph>();
  const done = new Set<Graph>();
  for (const start of [...workflow.graphs, ...workflow.groups.values()]) {
    if (done.has(start)) continue;
    const stack = [{ graph: start, inner: innerGraphs(workflow, start) }];
    open.add(start);
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as (typeof stack)[number];
      const next = top.inner.pop();
      if (next === undefined) {
        open.delete(top.graph);
        done.add(top.graph);
        stack.pop();
      } else if (open.has(next.graph)) {
        const around = stack.map(({ graph }) => graph);
        const circle = around.slice(around.indexOf(next.graph)).map(graph => called(graph));
        findings.add([...next.path, 'type'], `makes ${circle[0]} contain itself${over(circle)}`);
      } else if (!done.has(next.graph)) {
        open.add(next.graph);
        stack.push({ graph: next.graph, inner: innerGraphs(workflow, next.graph) });
      }
    }
  }
  return findings.total === before;
}

/** A graph in words; a group node has no id but a name. */
function called({ id, path }: Graph): string {
  const name = id ?? (path.length === 0 ? undefined : String(path[path.length - 1]));
  if (name === undefined) return 'the graph';
  return `${id === undefined ? 'the group node' : 'the subgraph'} "${name.slice(0, MAX_TOLD)}"`;
}

function over([, ...others]: readonly string[]): string {
  if (others.length === 0) return '';
  const told = others.length > TOLD ? [...others.slice(0, TOLD), '…'] : others;
  return `, over ${told.join(', ')}`;
}

function innerGraphs(workflow: Workflow, graph: Graph) {
  return graph.nodes.flatMap(({ type, path }) => {
    const inner = definitionOf(workflow, type);
    return inner === undefined ? [] : [{ graph: inner, path }];
  });
}

/** The graph that nodes of a class type stand for. */
export function definitionOf(workflow: Workflow, type: string): Graph | undefined {
  const name = groupName(type);
  if (name !== undefined) return workflow.groups.get(name);
  return subgraphsOf(workflow).get(type);
}

const known = new WeakMap<Workflow, Map<string, Graph>>();

function subgraphsOf(workflow: Workflow): ReadonlyMap<string, Graph> {
  const found = known.get(workflow);
  if (found !== undefined) return found;
  const map = new Map<string, Graph>();
  for (const graph of workflow.graphs) if (graph.id !== undefined) map.set(graph.id, graph);
  known.set(workflow, map);
  return map;
}

/** Which outputs of a subgraph depend on which of its inputs, by their slots. */
type Ways = ReadonlyMap<number, ReadonlySet<number>>;
const NO_WAYS: Ways = new Map();

/**
 * Looks for links that form a cycle. What goes into a subgraph comes out where its own links lead, so that a way through two parts of it that have nothing to do
 * with each other is no cycle. Nothing is known of the way through a group node, so none leads through it.
 */
export function checkCycles(workflow: Workflow, findings: Findings): void {
  const ways = new Map<Graph, Ways>();
  for (const graph of innermostFirst(workflow)) {
    const net = netOf(workflow, graph, ways);
    if (net === undefined) {
      findings.add(graph.path, 'is too entangled');
      return;
    }
    const cycle = cycleIn(net);
    if (cycle !== undefined) {
      findings.add(linkPath(graph, cycle), `closes a cycle: ${inWords(cycle)}`);
    }
    const through = graph.id === undefined ? NO_WAYS : waysThrough(net);
    if (through === undefined) {
      findings.add(graph.path, `has more than ${WORKFLOW_LIMITS.slots} inputs`);
      return;
    }
    ways.set(graph, through);
  }
  for (const graph of workflow.groups.values()) {
    const net = netOf(workflow, graph, ways) ?? new Map();
    const cycle = cycleIn(net);
    if (cycle !== undefined) {
      findings.add(linkPath(graph, cycle), `closes a cycle: ${inWords(cycle)}`);
    }
  }
}

/** Graphs, each behind those that its nodes stand for. There are no cycles among them any more. */
function innermostFirst(workflow: Workflow): Graph[] {
  const ordered = new Set<Graph>();
  for (const start of workflow.graphs) {
    if (ordered.has(start)) continue;
    const stack = [{ graph: start, inner: innerGraphs(workflow, start) }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as (typeof stack)[number];
      const next = top.inner.pop()?.graph;
      if (next === undefined) {
        ordered.add(top.graph);
        stack.pop();
      } else if (!ordered.has(next)) {
        stack.push({ graph: next, inner: innerGraphs(workflow, next) });
      }
    }
  }
  const groups = new Set(workflow.groups.values());
  return [...ordered].filter(graph => !groups.has(graph));
}

/** What leads to what: nodes by `n<id>`; inputs and outputs of those that stand for graphs by `i<slot>:<id>` and `o<slot>:<id>`. */
type Net = Map<string, Set<string>>;

/** Undefined where there are too many ways through subgraphs. */
function netOf(workflow: Workflow, graph: Graph, ways: ReadonlyMap<Graph, Ways>): Net | undefined {
  const net: Net = new Map();
  const inner = new Map<string, Graph>();
  for (const { id, type } of graph.nodes) {
    const definition = definitionOf(workflow, type);
    if (definition !== undefined) inner.set(id, definition);
  }
  const parted = (id: string) => inner.has(id) || id === SUBGRAPH_INPUTS || id === SUBGRAPH_OUTPUTS;
  const used = new Map<string, { ins: Set<number>; outs: Set<number> }>();
  const use = (id: string, side: 'ins' | 'outs', slot: number) => {
    const slots = used.get(id) ?? { ins: new Set(), outs: new Set() };
    slots[side].add(slot);
    used.set(id, slots);
  };
  for (const { from, fromSlot, to, toSlot } of graph.links) {
    add(
      net,
      parted(from) ? `o${fromSlot}:${from}` : `n${from}`,
      parted(to) ? `i${toSlot}:${to}` : `n${to}`,
    );
    if (inner.has(from)) use(from, 'outs', fromSlot);
    if (inner.has(to)) use(to, 'ins', toSlot);
  }
  let edges = 0;
  for (const [id, { ins, outs }] of used) {
    const through = ways.get(inner.get(id) as Graph) ?? NO_WAYS;
    for (const input of ins) {
      for (const output of through.get(input) ?? []) {
        if (!outs.has(output)) continue;
        edges += 1;
        if (edges > WORKFLOW_LIMITS.ways) return undefined;
        add(net, `i${input}:${id}`, `o${output}:${id}`);
      }
    }
  }
  return net;
}

function add(net: Net, from: string, to: string): void {
  const targets = net.get(from);
  if (targets === undefined) net.set(from, new Set([to]));
  else targets.add(to);
}

/** Takes away what nothing leads to until nothing is left, or only what is on a cycle or behind one. */
function cycleIn(net: Net): string[] | undefined {
  const before = new Map<string, Set<string>>();
  for (const [from, targets] of net) for (const to of targets) add(before, to, from);
  const counts = new Map([...before].map(([to, sources]) => [to, sources.size]));
  const free = [...net.keys()].filter(name => !counts.has(name));
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    for (const to of net.get(name) ?? []) {
      const left = (counts.get(to) ?? 0) - 1;
      if (left > 0) counts.set(to, left);
      else {
        counts.delete(to);
        free.push(to);
      }
    }
  }
  const start = counts.keys().next();
  if (start.done === true) return undefined;
  // Whatever is left has something before it that is left too, so going back ends in a circle.
  const places = new Map<string, number>();
  const trail: string[] = [];
  let at: string = start.value;
  while (!places.has(at)) {
    places.set(at, trail.length);
    trail.push(at);
    at = [...(before.get(at) ?? [])].find(name => counts.has(name)) as string;
  }
  return trail.slice(places.get(at)).reverse();
}

function waysThrough(net: Net): Ways | undefined {
  const ways = new Map<number, Set<number>>();
  const starts = [...net.keys()].filter(
    name => name.startsWith('o') && idOf(name) === SUBGRAPH_INPUTS,
  );
  if (starts.length > WORKFLOW_LIMITS.slots) return undefined;
  for (const start of starts) {
    const seen = new Set([start]);
    const outs = new Set<number>();
    const waiting = [start];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (name.startsWith('i') && idOf(name) === SUBGRAPH_OUTPUTS) outs.add(slotOf(name));
      for (const to of net.get(name) ?? []) {
        if (seen.has(to)) continue;
        seen.add(to);
        waiting.push(to);
      }
    }
    ways.set(slotOf(start), outs);
  }
  return ways;
}

const idOf = (name: string): string =>
  name.startsWith('n') ? name.slice(1) : name.slice(name.indexOf(':') + 1);
const slotOf = (name: string): number => Number(name.slice(1, name.indexOf(':')));

function idsOf(cycle: readonly string[]): string[] {
  const ids = cycle.map(idOf);
  return ids.filter((id, index) => id !== ids[index - 1] || index === 0);
}

function inWords(cycle: readonly string[]): string {
  const ids = idsOf(cycle).map(id => id.slice(0, MAX_TOLD));
  const told = ids.length > TOLD ? [...ids.slice(0, TOLD), '…'] : ids;
  return [...told, ids[0]].join(' → ');
}

/** A link of the cycle. */
function linkPath(graph: Graph, cycle: readonly string[]) {
  const ids = new Set(cycle.map(idOf));
  const link: Link | undefined = graph.links.find(({ from, to }) => ids.has(from) && ids.has(to));
  return link?.path ?? graph.path;
}

import { ChartError } from './chart-error.ts';
import { type ArrowConfig, type NodeConfig, nodeConfig } from './config.ts';
import { below, nodesByPath, parentOf, ROOT, Targets } from './targets.ts';
import { labelOf } from './words.ts';

/** A statechart as it is drawn and followed. */
export interface ChartModel {
  readonly id: string;
  /** By path, parents before their children; the first is the machine itself, whose path is empty. */
  readonly nodes: ReadonlyMap<string, ChartNode>;
  /** By id, in the order of the chart. */
  readonly arrows: ReadonlyMap<string, ChartArrow>;
}

export interface ChartNode {
  /** `recovering.backoff`. */
  readonly path: string;
  readonly label: string;
  readonly parent: string | null;
  readonly kind: 'atomic' | 'compound' | 'final';
  /** Path of the state that it begins in. */
  readonly initial: string | null;
  readonly invoked: readonly { readonly id: string; readonly src: string }[];
  /** Ids of the arrows that leave from here, in the order in which the chart tries those of one event. */
  readonly arrows: readonly string[];
}

export interface ChartArrow {
  /** `source|event|index`: the index counts the arrows of that event. */
  readonly id: string;
  readonly source: string;
  /** Paths; none for what happens within the state. */
  readonly targets: readonly string[];
  /** As in the chart: `xstate.done.actor.attempt`. */
  readonly event: string;
  readonly guard: string | null;
  readonly actions: readonly string[];
  readonly label: string;
  /** `internal` goes nowhere: it counts, grants or forbids. */
  readonly kind: 'move' | 'self' | 'internal';
}

/**
 * Reads a chart's JSON, one member of what `GET /api/machines` answers.
 * @throws ChartError which names the place
 */
export function chartModel(json: unknown): ChartModel {
  const root = nodeConfig(json, 'chart');
  if (root.id === null) throw new ChartError('chart.id', 'is missing');
  if (root.states.size === 0) throw new ChartError('chart.states', 'has no state');
  const configs = nodesByPath(root);
  const targets = new Targets(configs);
  const arrows = [...configs].flatMap(([path, config]) => arrowsOf(path, config, targets));
  const nodes = [...configs].map(([path, config]): [string, ChartNode] => [
    path,
    {
      path,
      label: path === ROOT ? (root.id ?? '') : path.slice(path.lastIndexOf('.') + 1),
      parent: path === ROOT ? null : parentOf(path),
      kind: config.final ? 'final' : config.states.size > 0 ? 'compound' : 'atomic',
      initial: initialOf(path, config),
      invoked: config.invoke.map(({ id, src }) => ({ id, src })),
      arrows: arrows.filter(({ source }) => source === path).map(({ id }) => id),
    },
  ]);
  return {
    id: root.id,
    nodes: new Map(nodes),
    arrows: new Map(arrows.map(arrow => [arrow.id, arrow])),
  };
}

function initialOf(path: string, { initial, states, where }: NodeConfig): string | null {
  if (initial === null) return null;
  if (states.has(initial)) return below(path, initial);
  throw new ChartError(`${where}.initial`, `is "${initial}", which is no state of it`);
}

function arrowsOf(source: string, config: NodeConfig, targets: Targets): readonly ChartArrow[] {
  const byEvent = new Map(config.on);
  const add = (event: string, more: readonly ArrowConfig[]) => {
    if (more.length > 0) byEvent.set(event, [...(byEvent.get(event) ?? []), ...more]);
  };
  for (const { id, onDone, onError } of config.invoke) {
    add(`xstate.done.actor.${id}`, onDone);
    add(`xstate.error.actor.${id}`, onError);
  }
  return [...byEvent].flatMap(([event, list]) =>
    list.map((arrow, index) => arrowOf(source, event, arrow, index, targets)),
  );
}

function arrowOf(
  source: string,
  event: string,
  { targets: written, guard, actions, where }: ArrowConfig,
  index: number,
  targets: Targets,
): ChartArrow {
  const paths = written.map(target => targets.resolve(source, target, where));
  return {
    id: `${source}|${event}|${index}`,
    source,
    targets: paths,
    event,
    guard,
    actions,
    label: labelOf(event, guard),
    kind: paths.length === 0 ? 'internal' : paths[0] === source ? 'self' : 'move',
  };
}

/** A node and those around it, innermost first; the machine itself is not among them. */
export function lineage(path: string): readonly string[] {
  return path === ROOT ? [] : [path, ...lineage(parentOf(path))];
}

/** Where one is who enters a state: the innermost of its initial states. */
export function leafOf(model: ChartModel, path: string): string {
  const initial = model.nodes.get(path)?.initial ?? null;
  return initial === null ? path : leafOf(model, initial);
}

/** The states in which one can rest, at or below a path. */
export const leavesBelow = (model: ChartModel, path: string): readonly string[] =>
  [...model.nodes.values()]
    .filter(node => node.kind !== 'compound')
    .map(node => node.path)
    .filter(leaf => path === ROOT || leaf === path || leaf.startsWith(`${path}.`));

import { ChartError } from './chart-error.ts';
import type { NodeConfig } from './config.ts';

/** The path of the outermost node: the machine itself. */
export const ROOT = '';

/** `recovering` and `backoff` make `recovering.backoff`. */
export const below = (parent: string, key: string): string =>
  parent === ROOT ? key : `${parent}.${key}`;

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('.')));

/** Every node by its path, parents before their children. */
export function nodesByPath(root: NodeConfig): ReadonlyMap<string, NodeConfig> {
  const found = new Map<string, NodeConfig>();
  const visit = (path: string, node: NodeConfig): void => {
    found.set(path, node);
    for (const [key, child] of node.states) visit(below(path, key), child);
  };
  visit(ROOT, root);
  return found;
}

/** Reads targets as XState does: `#id.below`, `.child`, or a sibling's key, each of which may go further down. */
export class Targets {
  readonly #nodes: ReadonlyMap<string, NodeConfig>;
  /** Nodes by the id that they were given. */
  readonly #named = new Map<string, string>();

  constructor(nodes: ReadonlyMap<string, NodeConfig>) {
    this.#nodes = nodes;
    for (const [path, { id }] of nodes) if (id !== null) this.#named.set(id, path);
  }

  /** @throws ChartError when there is no such node */
  resolve(source: string, target: string, where: string): string {
    const path = this.#path(source, target);
    if (path !== undefined && this.#nodes.has(path)) return path;
    throw new ChartError(`${where}.target`, `is "${target}", which is no state of the chart`);
  }

  #path(source: string, target: string): string | undefined {
    if (target.startsWith('#')) return this.#byId(target.slice(1));
    if (target.startsWith('.')) return below(source, target.slice(1));
    return source === ROOT ? undefined : below(parentOf(source), target);
  }

  #byId(id: string): string | undefined {
    const whole = this.#named.get(id);
    if (whole !== undefined) return whole;
    const [first = '', ...rest] = id.split('.');
    const base = this.#named.get(first);
    return base === undefined ? undefined : rest.reduce(below, base);
  }
}

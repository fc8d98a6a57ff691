import type { Graph, GraphNode, NamedValue } from './graph.ts';
import { folderOf, namesModel } from './loaders.ts';
import { normalisedModelName } from './safe-names.ts';

/** What is known of a graph that nodes stand for. */
interface Inside {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** The folder of all its loaders, where they have one and the same. */
  readonly only: string | undefined;
}

/**
 * Below which folders the models are that a workflow's values name. Graphs and nodes are looked through once each, however many values ask: both can be many
 * in a file that means no good.
 */
export class Folders {
  readonly #inside = new WeakMap<Graph, Inside>();
  readonly #declared = new WeakMap<GraphNode, ReadonlyMap<string, string | undefined>>();

  /**
   * Undefined where nobody knows.
   * @param definition the graph that the node stands for
   */
  of(node: GraphNode, definition: Graph | undefined, value: NamedValue): string | undefined {
    return definition === undefined
      ? (folderOf(node.type, value.name) ?? this.#said(node, value))
      : this.#within(definition, node, value);
  }

  /** The folder that the node itself declares for a file of that name; the more of its path one names, the rather it is meant. */
  #said(node: GraphNode, { value }: NamedValue): string | undefined {
    const declared = cached(this.#declared, node, foldersByName);
    if (declared.size === 0) return undefined;
    let name = normalisedModelName(value);
    while (!declared.has(name)) {
      const slash = name.indexOf('/');
      if (slash < 0) return undefined;
      name = name.slice(slash + 1);
    }
    return declared.get(name);
  }

  /** Where a node stands for a graph, the inner widget knows; else the name of the graph's own input (`["-1", "vae_name"]`), or its only loader. */
  #within(graph: Graph, node: GraphNode, { index }: NamedValue): string | undefined {
    const { nodes, only } = cached(this.#inside, graph, insideOf);
    const proxy = index === undefined ? undefined : node.proxies[index];
    const target = proxy && nodes.get(proxy[0]);
    return target === undefined
      ? (folderOf(node.type, proxy?.[1]) ?? only)
      : folderOf(target.type, proxy?.[1]);
  }
}

function foldersByName({ models }: GraphNode): ReadonlyMap<string, string | undefined> {
  const folders = new Map<string, string | undefined>();
  for (const { name, folder } of models) if (!folders.has(name)) folders.set(name, folder);
  return folders;
}

function insideOf({ nodes }: Graph): Inside {
  const folders = new Set<string | undefined>();
  for (const { type, values } of nodes) {
    for (const { name, value } of values) if (namesModel(value)) folders.add(folderOf(type, name));
  }
  return {
    nodes: new Map(nodes.map(node => [node.id, node])),
    only: folders.size === 1 ? [...folders][0] : undefined,
  };
}

function cached<Key extends object, Value>(
  known: WeakMap<Key, Value>,
  key: Key,
  make: (key: Key) => Value,
): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make(key);
  known.set(key, made);
  return made;
}

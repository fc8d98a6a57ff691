import { CORE_NODES } from './core-nodes.ts';
import { definitionOf } from './cycles.ts';
import { WorkflowError } from './errors.ts';
import { Findings, factsOf, type Path, pointerOf } from './findings.ts';
import { Folders } from './folders.ts';
import type { GraphNode, NodePack, Workflow } from './graph.ts';
import { isLoader, namesModel } from './loaders.ts';
import { normalisedModelName, pathProblem } from './safe-names.ts';

/** A model that a workflow names, once for each name and folder. */
export interface NeededModel {
  /** As the workflow has it, with `/` between folders. */
  readonly name: string;
  /** Where the workflow's loaders look for it, below `models`; undefined where nobody knows. */
  readonly folder: string | undefined;
  /** What the workflow says of it. */
  readonly url: string | undefined;
  readonly sha256: string | undefined;
  readonly pointers: string[];
}

/** Nodes of a class that ComfyUI does not bring. */
export interface NeededNode {
  readonly type: string;
  readonly pack: NodePack;
  readonly pointers: string[];
}

export interface Needs {
  readonly models: readonly NeededModel[];
  readonly nodes: readonly NeededNode[];
  /** Class types that need no installation only by what the caller says. */
  readonly core: readonly string[];
}

/** Places that are kept of each. */
const MAX_POINTERS = 10;
const CORE_PACK = 'comfy-core';
const NONE: ReadonlySet<string> = new Set();
/** More than these a project does not get; a workflow that names more is no honest one. */
const LIMITS = { models: 1_000, nodes: 1_000 };

/**
 * The models and nodes that a workflow names.
 * @param core class types of more nodes that ComfyUI brings
 * @throws WorkflowError for names that lead somewhere else
 */
export function needsOf(workflow: Workflow, core: ReadonlySet<string>): Needs {
  const needs = new Collector();
  const folders = new Folders();
  const typeKey = workflow.format === 'api' ? 'class_type' : 'type';
  for (const model of workflow.models) {
    needs.model(model.name, model.folder, model.path, model);
  }
  for (const graph of [...workflow.graphs, ...workflow.groups.values()]) {
    for (const node of graph.nodes) {
      for (const model of node.models) needs.model(model.name, model.folder, model.path, model);
      const definition = definitionOf(workflow, node.type);
      const builtIn = isBuiltIn(node, core);
      if (definition === undefined && !builtIn) needs.node(node, typeKey);
      else if (definition === undefined && !isBuiltIn(node, NONE)) needs.core(node.type);
      // What a node of ComfyUI that loads nothing says is a prompt, a note or a name to save under.
      if (definition === undefined && builtIn && !isLoader(node.type)) continue;
      for (const value of node.values) {
        if (!namesModel(value.value)) continue;
        needs.model(value.value, folders.of(node, definition, value), value.path);
      }
    }
  }
  return needs.done();
}

function isBuiltIn({ type, pack }: GraphNode, core: ReadonlySet<string>): boolean {
  return CORE_NODES.has(type) || core.has(type) || pack.registry === CORE_PACK;
}

class Collector {
  readonly #findings = new Findings();
  readonly #models = new Map<string, NeededModel>();
  readonly #nodes = new Map<string, NeededNode>();
  readonly #core = new Set<string>();

  model(
    raw: string,
    folder: string | undefined,
    path: Path,
    said: { readonly url: string | undefined; readonly sha256: string | undefined } = {
      url: undefined,
      sha256: undefined,
    },
  ): void {
    const name = normalisedModelName(raw);
    const problem = pathProblem(name);
    if (problem !== undefined) {
      this.#findings.add(path, problem);
      return;
    }
    const key = `${folder ?? ''}\n${name}`;
    const known = this.#models.get(key);
    const pointers = withPointer(known?.pointers ?? [], path);
    const { url = said.url, sha256 = said.sha256 } = known ?? {};
    this.#models.set(key, {
      name,
      folder,
      url: url ?? said.url,
      sha256: sha256 ?? said.sha256,
      pointers,
    });
  }

  node({ type, pack, path }: GraphNode, typeKey: string): void {
    const known = this.#nodes.get(type);
    const pointers = withPointer(known?.pointers ?? [], [...path, typeKey]);
    this.#nodes.set(type, { type, pack: known?.pack ?? pack, pointers });
  }

  core(type: string): void {
    this.#core.add(type);
  }

  done(): Needs {
    if (this.#models.size > LIMITS.models) {
      this.#findings.add([], `names more than ${LIMITS.models} models`);
    }
    if (this.#nodes.size > LIMITS.nodes) {
      this.#findings.add([], `has more than ${LIMITS.nodes} kinds of nodes that are not ComfyUI's`);
    }
    if (this.#findings.total > 0) throw new WorkflowError(factsOf('the workflow', this.#findings));
    return {
      models: merged([...this.#models.values()]),
      nodes: [...this.#nodes.values()],
      core: [...this.#core],
    };
  }
}

/** One that nobody knows a folder of is the one of that name whose folder is known, where there is exactly one. */
function merged(models: readonly NeededModel[]): NeededModel[] {
  const placed = models.filter(({ folder }) => folder !== undefined);
  const joined = new Map<NeededModel, NeededModel>(placed.map(model => [model, model]));
  const rest: NeededModel[] = [];
  for (const model of models) {
    if (model.folder !== undefined) continue;
    const same = placed.filter(({ name }) => name === model.name);
    const [only] = same;
    if (only === undefined || same.length > 1) rest.push(model);
    else {
      const before = joined.get(only) ?? only;
      const pointers = [...before.pointers, ...model.pointers].slice(0, MAX_POINTERS);
      joined.set(only, { ...before, pointers });
    }
  }
  return [...joined.values(), ...rest];
}

function withPointer(pointers: readonly string[], path: Path): string[] {
  return pointers.length < MAX_POINTERS ? [...pointers, pointerOf(path)] : [...pointers];
}

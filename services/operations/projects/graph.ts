import type { Path } from './findings.ts';

/** A workflow, read and checked: what of it matters for models, node packs and cycles. */
export interface Workflow {
  /** `ui`: as the page saves it; `api`: as the server takes it. */
  readonly format: 'ui' | 'api';
  /** The graph itself, first, then every subgraph. */
  readonly graphs: readonly Graph[];
  /** By their name, without `workflow>`. */
  readonly groups: ReadonlyMap<string, Graph>;
  /** Models that are named for the whole of it. */
  readonly models: readonly DeclaredModel[];
}

export interface Graph {
  readonly path: Path;
  /** Of a subgraph: the class type of the nodes that stand for it. */
  readonly id: string | undefined;
  readonly nodes: readonly GraphNode[];
  readonly links: readonly Link[];
}

export interface GraphNode {
  readonly id: string;
  readonly type: string;
  readonly path: Path;
  /** Texts that its widgets or inputs have. */
  readonly values: readonly NamedValue[];
  readonly models: readonly DeclaredModel[];
  readonly pack: NodePack;
  /** Of a node that stands for a subgraph: the inner widgets that its own ones set, in their order. */
  readonly proxies: readonly (readonly [id: string, widget: string])[];
}

export interface NamedValue {
  /** Of the widget or input, where it is known. */
  readonly name: string | undefined;
  readonly index: number | undefined;
  readonly value: string;
  readonly path: Path;
}

/** What a workflow itself says about a model. */
export interface DeclaredModel {
  readonly name: string;
  readonly url: string | undefined;
  readonly folder: string | undefined;
  readonly sha256: string | undefined;
  readonly path: Path;
}

/** What a workflow itself says about where a node comes from. */
export interface NodePack {
  /** Id in ComfyUI's registry; `comfy-core` is ComfyUI itself. */
  readonly registry: string | undefined;
  /** `owner/name` at GitHub. */
  readonly github: string | undefined;
  readonly version: string | undefined;
}

/** From an output to an input. */
export interface Link {
  readonly from: string;
  readonly fromSlot: number;
  readonly to: string;
  readonly toSlot: number;
  readonly path: Path;
}

/** Ids of the nodes that stand for a subgraph's own inputs and outputs. */
export const SUBGRAPH_INPUTS = '-10';
export const SUBGRAPH_OUTPUTS = '-20';

const GROUP = /^workflow[>/]/;

/** The name of the group node that a class type stands for; undefined for others. */
export function groupName(classType: string): string | undefined {
  return GROUP.test(classType) ? classType.replace(GROUP, '') : undefined;
}

/** More than any real workflow has. */
export const WORKFLOW_LIMITS = {
  nodes: 10_000,
  links: 100_000,
  graphs: 1_000,
  slots: 200,
  ways: 1_000_000,
};

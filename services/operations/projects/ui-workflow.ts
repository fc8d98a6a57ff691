import { z } from 'zod';
import { isRecord } from './document.ts';
import type { Findings, Path } from './findings.ts';
import { type Graph, type GraphNode, groupName, WORKFLOW_LIMITS, type Workflow } from './graph.ts';
import { noteIssues } from './issues.ts';
import { groupLinks, uiLinks } from './links.ts';
import { declaredModels, packOf, proxiesOf, widgetTexts } from './node-values.ts';

const id = z.union([z.int(), z.string().min(1).max(200)], 'must be an integer or a text');
const node = z.looseObject({
  id,
  type: z.string('must be a text').min(1, 'must not be empty').max(300),
  inputs: z.array(z.unknown()).nullish(),
  widgets_values: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).nullish(),
  properties: z.record(z.string(), z.unknown()).nullish(),
});
const graphSchema = z.looseObject({
  nodes: z.array(z.unknown(), 'must be an array'),
  links: z.array(z.unknown(), 'must be an array').nullish(),
  definitions: z.looseObject({ subgraphs: z.array(z.unknown()).nullish() }).nullish(),
});
const root = graphSchema.extend({
  version: z.number('must be a number').optional(),
  extra: z.looseObject({ groupNodes: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});
const subgraph = graphSchema.extend({ id: z.string().min(1).max(200) });

/** A workflow as ComfyUI's page saves it, of the versions 0.4 (links are arrays) and 1 (links are objects). */
export function parseUiWorkflow(
  record: Readonly<Record<string, unknown>>,
  path: Path,
  findings: Findings,
): Workflow | undefined {
  const parsed = root.safeParse(record);
  if (!parsed.success) {
    noteIssues(findings, path, parsed.error);
    return undefined;
  }
  const reader = new Reader(findings);
  const graphs = [reader.graph(parsed.data, path, undefined)];
  reader.subgraphs(parsed.data, path, graphs);
  const groups = reader.groups(parsed.data.extra?.groupNodes ?? {}, path);
  reader.checkTypes([...graphs, ...groups.values()], groups);
  const models = declaredModels(record.models, [...path, 'models'], findings);
  return { format: 'ui', graphs, groups, models };
}

/** Reads graphs, and counts what all of them have together. */
class Reader {
  readonly #findings: Findings;
  #nodes = 0;
  #links = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  graph(data: z.infer<typeof graphSchema>, path: Path, graphId: string | undefined): Graph {
    const nodes = this.#nodesOf(data.nodes, [...path, 'nodes']);
    this.#links += data.links?.length ?? 0;
    if (this.#links > WORKFLOW_LIMITS.links) {
      this.#findings.add(path, `makes more than ${WORKFLOW_LIMITS.links} links in all`);
      return { path, id: graphId, nodes, links: [] };
    }
    const links = uiLinks(data.links ?? [], [...path, 'links'], this.#findings);
    return { path, id: graphId, nodes, links };
  }

  /** Subgraphs may bring definitions of their own; all of them are known everywhere. */
  subgraphs(data: z.infer<typeof graphSchema>, path: Path, into: Graph[]): void {
    const waiting = [{ data, path }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const list = next.data.definitions?.subgraphs ?? [];
      for (const [index, value] of list.entries()) {
        const at = [...next.path, 'definitions', 'subgraphs', index];
        if (into.length > WORKFLOW_LIMITS.graphs) {
          this.#findings.add(at, `is one of more than ${WORKFLOW_LIMITS.graphs} subgraphs`);
          return;
        }
        const parsed = subgraph.safeParse(value);
        if (!parsed.success) noteIssues(this.#findings, at, parsed.error);
        else {
          const same = into.some(graph => graph.id === parsed.data.id);
          if (same) this.#findings.add([...at, 'id'], 'is the id of another subgraph too');
          into.push(this.graph(parsed.data, at, parsed.data.id));
          waiting.push({ data: parsed.data, path: at });
        }
      }
    }
  }

  groups(record: Readonly<Record<string, unknown>>, path: Path): Map<string, Graph> {
    const groups = new Map<string, Graph>();
    for (const [name, value] of Object.entries(record)) {
      const at = [...path, 'extra', 'groupNodes', name];
      const parsed = graphSchema.safeParse(value);
      if (!parsed.success) {
        noteIssues(this.#findings, at, parsed.error);
        continue;
      }
      // Its nodes have no ids: links name them by their place.
      const numbered = parsed.data.nodes.map((value, index) =>
        isRecord(value) ? { ...value, id: index } : value,
      );
      const nodes = this.#nodesOf(numbered, [...at, 'nodes']);
      const links = groupLinks(parsed.data.links ?? [], [...at, 'links']);
      groups.set(name, { path: at, id: undefined, nodes, links });
    }
    return groups;
  }

  /** Class types that must be defined in the workflow itself. */
  checkTypes(graphs: readonly Graph[], groups: ReadonlyMap<string, Graph>): void {
    for (const { nodes } of graphs) {
      for (const { type, path } of nodes) {
        const name = groupName(type);
        if (name !== undefined && !groups.has(name)) {
          this.#findings.add([...path, 'type'], 'names a group node that is not defined');
        }
      }
    }
  }

  #nodesOf(values: readonly unknown[], path: Path): GraphNode[] {
    this.#nodes += values.length;
    if (this.#nodes > WORKFLOW_LIMITS.nodes) {
      this.#findings.add(path, `makes more than ${WORKFLOW_LIMITS.nodes} nodes in all`);
      return [];
    }
    const ids = new Set<string>();
    return values.flatMap((value, index) => {
      const at = [...path, index];
      const parsed = node.safeParse(value);
      if (!parsed.success) {
        noteIssues(this.#findings, at, parsed.error);
        return [];
      }
      const nodeId = String(parsed.data.id);
      if (ids.has(nodeId)) this.#findings.add([...at, 'id'], 'is the id of another node too');
      ids.add(nodeId);
      const { type, inputs, widgets_values: widgets, properties } = parsed.data;
      return {
        id: nodeId,
        type,
        path: at,
        values: widgetTexts(type, widgets, inputs ?? [], [...at, 'widgets_values']),
        models: declaredModels(properties?.models, [...at, 'properties', 'models'], this.#findings),
        pack: packOf(properties ?? {}),
        proxies: proxiesOf(properties ?? {}),
      };
    });
  }
}

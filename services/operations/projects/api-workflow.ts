import { z } from 'zod';
import type { Findings, Path } from './findings.ts';
import {
  type GraphNode,
  type Link,
  type NamedValue,
  WORKFLOW_LIMITS,
  type Workflow,
} from './graph.ts';
import { noteIssues } from './issues.ts';
import { NO_PACK, textsIn } from './node-values.ts';

const node = z.looseObject({
  class_type: z.string().min(1, 'must not be empty').max(300),
  inputs: z.record(z.string(), z.unknown()).optional(),
});

/** A workflow as ComfyUI's server takes it: nodes by their ids, whose inputs are values, or `[id, slot]` of another node. */
export function parseApiWorkflow(
  record: Readonly<Record<string, unknown>>,
  path: Path,
  findings: Findings,
): Workflow {
  const entries = Object.entries(record);
  if (entries.length > WORKFLOW_LIMITS.nodes) {
    findings.add(path, `has more than ${WORKFLOW_LIMITS.nodes} nodes`);
    return workflowOf(path, [], []);
  }
  const nodes: GraphNode[] = [];
  const links: Link[] = [];
  for (const [id, value] of entries) {
    const at = [...path, id];
    const parsed = node.safeParse(value);
    if (!parsed.success) {
      noteIssues(findings, at, parsed.error);
      continue;
    }
    const { class_type: type, inputs = {} } = parsed.data;
    const values: NamedValue[] = [];
    for (const [name, input] of Object.entries(inputs)) {
      const inputPath = [...at, 'inputs', name];
      const link = linkOf(input, id, inputPath);
      if (link === undefined) for (const text of textsIn(input, inputPath, name)) values.push(text);
      else if (Object.hasOwn(record, link.from)) links.push(link);
      else
        findings.add(inputPath, `links to a node that is not there: "${link.from.slice(0, 80)}"`);
    }
    nodes.push({ id, type, path: at, values, models: [], pack: NO_PACK, proxies: [] });
  }
  return workflowOf(path, nodes, links);
}

function workflowOf(path: Path, nodes: readonly GraphNode[], links: readonly Link[]): Workflow {
  const graph = { path, id: undefined, nodes, links };
  return { format: 'api', graphs: [graph], groups: new Map(), models: [] };
}

/** The slot of an input does not matter here, as each has one link at most. */
function linkOf(input: unknown, to: string, path: Path): Link | undefined {
  if (!Array.isArray(input) || input.length !== 2) return undefined;
  const [from, fromSlot] = input as readonly unknown[];
  const known = typeof from === 'string' || Number.isInteger(from);
  if (!known || typeof fromSlot !== 'number' || !Number.isInteger(fromSlot)) return undefined;
  return { from: String(from), fromSlot, to, toSlot: 0, path };
}

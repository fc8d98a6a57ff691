import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { guardName } from './chart-json.ts';

/**
 * A chart as a Mermaid `stateDiagram-v2`. What leaves a state or enters it anew is drawn; what happens within one (counting, granting) is
 * not, and nor are actions. What every state does is drawn from each of the uppermost ones.
 * @see https://mermaid.js.org/syntax/stateDiagram.html
 */
export function mermaidOf(machine: AnyStateMachine): string {
  const { root } = machine;
  const lines = ['stateDiagram-v2', ...inside(root, 1)];
  const nodes = [root, ...descendants(root)];
  const edges = nodes.flatMap(edgesOf).map(edge => `  ${edge}`);
  return [...lines, ...new Set(edges)].join('\n');
}

function inside(node: AnyStateNode, level: number): string[] {
  const indent = '  '.repeat(level);
  const { target } = node.initial;
  const children = childrenOf(node).flatMap(child => {
    const declared = `${indent}state "${child.key}" as ${idOf(child)}`;
    return child.type === 'compound'
      ? [`${declared} {`, ...inside(child, level + 1), `${indent}}`]
      : [declared];
  });
  const begins = (target ?? []).map(first => `${indent}[*] --> ${idOf(first)}`);
  const ends = childrenOf(node)
    .filter(({ type }) => type === 'final')
    .map(child => `${indent}${idOf(child)} --> [*]`);
  return [...children, ...begins, ...ends];
}

function edgesOf(node: AnyStateNode): string[] {
  const sources =
    node.parent === undefined ? childrenOf(node).filter(({ type }) => type !== 'final') : [node];
  const outgoing = [...node.transitions.values()].flat();
  return outgoing.flatMap(({ target, eventType, guard }) =>
    (target ?? []).flatMap(goal =>
      sources.map(source => `${idOf(source)} --> ${idOf(goal)} : ${labelOf(eventType, guard)}`),
    ),
  );
}

/** `attempt done [mayRetry]`; a colon or semicolon would end the label. */
function labelOf(eventType: string, guard: unknown): string {
  const event = eventType
    .replace(/^xstate\.done\.actor\.(.*)$/, '$1 done')
    .replace(/^xstate\.error\.actor\.(.*)$/, '$1 error');
  const label = guard === undefined ? event : `${event} [${guardName(guard)}]`;
  return label.replace(/[:;\n]/g, ' ');
}

const idOf = ({ path }: AnyStateNode): string => path.join('__');

const childrenOf = (node: AnyStateNode): AnyStateNode[] => Object.values(node.states);

const descendants = (node: AnyStateNode): AnyStateNode[] =>
  childrenOf(node).flatMap(child => [child, ...descendants(child)]);

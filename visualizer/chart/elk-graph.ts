import type { ElkExtendedEdge, ElkLabel, ElkNode, LayoutOptions } from 'elkjs/lib/elk-api.js';
import type { Drawing, DrawnBox, DrawnEdge } from './drawing.ts';
import { FONTS, type Measure } from './fonts.ts';
import { type Label, labelOfEdge } from './label.ts';
import type { ChartArrow, ChartModel } from './model.ts';

/** `RIGHT` for wide places, `DOWN` for narrow ones. */
export type Direction = 'RIGHT' | 'DOWN';

export interface GraphStyle {
  readonly direction: Direction;
  readonly measure: Measure;
  /** Whether there is room for counts. */
  readonly badges: boolean;
}

/** A longer label is broken into lines: to the right they stand in columns, downwards side by side, and width is what is scarce. */
const MAX_LABEL_WIDTH = 72;

const ROOT_OPTIONS: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': '[top=12,left=12,bottom=12,right=12]',
  'elk.layered.cycleBreaking.strategy': 'GREEDY_MODEL_ORDER',
  'elk.layered.layering.strategy': 'LONGEST_PATH',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.thoroughness': '10',
  'elk.layered.spacing.nodeNodeBetweenLayers': '12',
  'elk.layered.spacing.edgeNodeBetweenLayers': '7',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '6',
  'elk.spacing.nodeNode': '14',
  'elk.spacing.edgeNode': '8',
  'elk.spacing.edgeEdge': '7',
  'elk.spacing.edgeLabel': '1',
  'elk.spacing.labelNode': '3',
  'elk.spacing.labelLabel': '3',
};

const COMPOUND_OPTIONS: LayoutOptions = { 'elk.padding': '[top=32,left=10,bottom=12,right=10]' };

const LABEL_OPTIONS: LayoutOptions = { 'elk.edgeLabels.placement': 'CENTER' };

/** Room for a dot and a short arrow beside the state that is the first: above it where the picture runs to the right. */
const DOTS = {
  RIGHT: { width: 12, height: 24, placement: 'OUTSIDE V_TOP H_LEFT' },
  DOWN: { width: 24, height: 12, placement: 'OUTSIDE V_CENTER H_LEFT' },
} as const;
/** Room around a state's text; on the left there is a sign while it is active. */
const STATE_PADDING = 18;

export interface Graph {
  readonly root: ElkNode;
  /** By the edges' ids. */
  readonly labels: ReadonlyMap<string, Label>;
}

/**
 * What elk is asked.
 * @param seed of the random numbers by which it orders what is in a layer
 */
export function elkGraph(
  model: ChartModel,
  drawing: Drawing,
  style: GraphStyle,
  seed: number,
): Graph {
  const labels = new Map(
    drawing.edges.map(({ id, arrows }) => [
      id,
      labelOfEdge(
        arrows.map(arrow => model.arrows.get(arrow) as ChartArrow),
        {
          ...style,
          maxWidth: MAX_LABEL_WIDTH,
        },
      ),
    ]),
  );
  return {
    labels,
    root: {
      id: 'root',
      layoutOptions: {
        ...ROOT_OPTIONS,
        'elk.direction': style.direction,
        'elk.randomSeed': String(seed),
      },
      children: within(drawing, null, style),
      edges: drawing.edges.map(edge => edgeOf(edge, labels.get(edge.id) as Label)),
    },
  };
}

const within = (drawing: Drawing, parent: string | null, style: GraphStyle): ElkNode[] =>
  drawing.boxes.filter(box => box.parent === parent).map(box => nodeOf(drawing, box, style));

function nodeOf(drawing: Drawing, box: DrawnBox, style: GraphStyle): ElkNode {
  const { id, kind } = box;
  const labels = box.first ? [dotOf(box, style)] : [];
  const size = sizeOf(box, style);
  if (kind !== 'compound' && kind !== 'group') return { id, ...size, labels };
  const layoutOptions: LayoutOptions = {
    ...COMPOUND_OPTIONS,
    'elk.nodeSize.constraints': 'MINIMUM_SIZE',
    'elk.nodeSize.minimum': `(${size.width}, 0)`,
  };
  return { id, layoutOptions, labels, children: within(drawing, id, style) };
}

/** Elk leaves room for a label beside a node and leads no edge through it. */
function dotOf({ id }: DrawnBox, { direction }: GraphStyle): ElkLabel {
  const { width, height, placement } = DOTS[direction];
  const layoutOptions = { 'elk.nodeLabels.placement': placement };
  return { id: `dot ${id}`, text: '•', width, height, layoutOptions };
}

function sizeOf({ label, note }: DrawnBox, { measure }: GraphStyle) {
  const width = Math.max(measure(label, FONTS.state), measure(note, FONTS.note));
  return { width: Math.ceil(width) + 2 * STATE_PADDING, height: note === '' ? 34 : 46 };
}

const edgeOf = ({ id, source, target }: DrawnEdge, { width, height }: Label): ElkExtendedEdge => ({
  id,
  sources: [source],
  targets: [target],
  // Elk gives no place to a label without a text, whatever its size.
  labels: [{ id: `label ${id}`, text: id, width, height, layoutOptions: LABEL_OPTIONS }],
});

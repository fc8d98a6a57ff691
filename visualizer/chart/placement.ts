import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Drawing, DrawnBox, DrawnEdge } from './drawing.ts';
import type { Direction, Graph, GraphStyle } from './elk-graph.ts';
import { FONTS } from './fonts.ts';
import { type Point, passes, type Rectangle } from './geometry.ts';
import type { LabelEntry } from './label.ts';

/** A chart's picture: where everything is. */
export interface ChartLayout {
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
  /** Outer ones before those that they hold. */
  readonly boxes: readonly PlacedBox[];
  readonly edges: readonly PlacedEdge[];
}

export interface PlacedBox extends DrawnBox, Rectangle {
  /** Where its name is. */
  readonly title: Rectangle;
  /** Where the dot and its arrow are, beside a state that is the first. */
  readonly dot: Rectangle | null;
}

export interface PlacedEdge extends DrawnEdge {
  readonly points: readonly Point[];
  readonly label: PlacedLabel;
}

export interface PlacedLabel extends Rectangle {
  readonly entries: readonly LabelEntry[];
}

/** Reads from elk's answer where everything is. */
export function placed(
  drawing: Drawing,
  { labels }: Graph,
  root: ElkNode,
  { direction, measure }: GraphStyle,
): ChartLayout {
  const nodes = new Map(flat(root).map(node => [node.id, node]));
  const found = new Map(
    flat(root).flatMap(node => (node.edges ?? []).map(edge => [edge.id, edge])),
  );
  const edges = drawing.edges.map(edge => {
    const way = found.get(edge.id);
    const entries = labels.get(edge.id)?.entries ?? [];
    const label = { entries, ...rectangle(way?.labels?.[0]) };
    return { ...edge, points: pointsOf(way), label };
  });
  const lines = edges.map(({ points }) => points);
  return {
    direction,
    width: root.width ?? 0,
    height: root.height ?? 0,
    boxes: outerFirst(drawing).map(box => {
      const node = nodes.get(box.id);
      const dot = box.first ? rectangle(node?.labels?.[0]) : null;
      const place = rectangle(node);
      const width = measure(box.label, FONTS.state);
      return { ...box, ...place, title: titleOf(box, place, width, lines), dot };
    }),
    edges,
  };
}

const TITLE_HEIGHT = 17;

/** A state has its name in its middle, over its actors; a frame at its upper border, where the fewest lines run. */
function titleOf(
  { kind, note }: DrawnBox,
  { x, y, width: whole, height: full }: Rectangle,
  width: number,
  lines: readonly (readonly Point[])[],
): Rectangle {
  const middle = x + (whole - width) / 2;
  if (kind !== 'compound' && kind !== 'group') {
    const top = y + (full - TITLE_HEIGHT) / 2 - (note === '' ? 0 : 7);
    return { x: middle, y: top, width, height: TITLE_HEIGHT };
  }
  const places = [x + 10, middle, x + whole - width - 24].map(left => {
    const place = { x: left, y: y + 7, width, height: TITLE_HEIGHT };
    return { place, struck: passes(lines, place) };
  });
  const [first, ...others] = places as [Candidate, ...Candidate[]];
  return others.reduce((best, each) => (each.struck < best.struck ? each : best), first).place;
}

interface Candidate {
  readonly place: Rectangle;
  readonly struck: number;
}

/** The boxes in the order in which they are painted. */
function outerFirst({ boxes }: Drawing): readonly DrawnBox[] {
  const under = (parent: string | null): readonly DrawnBox[] =>
    boxes.filter(box => box.parent === parent).flatMap(box => [box, ...under(box.id)]);
  return under(null);
}

const flat = (node: ElkNode): readonly ElkNode[] => [node, ...(node.children ?? []).flatMap(flat)];

const rectangle = (shape: Partial<Rectangle> | undefined): Rectangle => ({
  x: shape?.x ?? 0,
  y: shape?.y ?? 0,
  width: shape?.width ?? 0,
  height: shape?.height ?? 0,
});

const pointsOf = (edge: ElkExtendedEdge | undefined): readonly Point[] =>
  (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);

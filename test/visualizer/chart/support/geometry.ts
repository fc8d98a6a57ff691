import type { Point, Rectangle } from '../../../../visualizer/chart/geometry.ts';
import type { ChartLayout, PlacedBox } from '../../../../visualizer/chart/placement.ts';

interface Named extends Rectangle {
  readonly name: string;
}

/** Rectangles that only touch do not overlap. */
const overlap = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width - 0.01 &&
  b.x < a.x + a.width - 0.01 &&
  a.y < b.y + b.height - 0.01 &&
  b.y < a.y + a.height - 0.01;

export const holds = (outer: Rectangle, inner: Rectangle): boolean =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

const isFrame = ({ kind }: PlacedBox): boolean => kind === 'compound' || kind === 'group';

const labelsOf = ({ edges }: ChartLayout): readonly Named[] =>
  edges.map(({ id, label }) => ({ name: `label of ${id}`, ...label }));

const boxesOf = (boxes: readonly PlacedBox[]): readonly Named[] =>
  boxes.map(box => ({ ...box, name: box.id }));

/** Pairs of which one lies on the other, in words. */
export function overlaps(layout: ChartLayout): readonly string[] {
  const labels = labelsOf(layout);
  const leaves = boxesOf(layout.boxes.filter(box => !isFrame(box)));
  const dots = layout.boxes.flatMap(({ id, dot }) =>
    dot === null ? [] : [{ name: `dot of ${id}`, ...dot }],
  );
  const solid = [...labels, ...leaves, ...dots];
  const pairs = solid.flatMap((a, index) => solid.slice(index + 1).map(b => [a, b] as const));
  const frames = boxesOf(layout.boxes.filter(isFrame));
  // What a frame holds may lie on it; what it does not hold must not even touch its border.
  const atBorders = frames.flatMap(frame =>
    [...labels, ...leaves].filter(each => !holds(frame, each)).map(each => [frame, each] as const),
  );
  const titles = layout.boxes
    .filter(isFrame)
    .map(({ id, title }) => ({ name: `title of ${id}`, ...title }));
  const onTitles = titles.flatMap(title => solid.map(each => [title, each] as const));
  return [...pairs, ...atBorders, ...onTitles]
    .filter(([a, b]) => overlap(a, b))
    .map(([a, b]) => `${a.name} on ${b.name}`);
}

/** Edges whose line runs through a label that is not theirs, or through a state, in words. */
export function strikes(layout: ChartLayout): readonly string[] {
  const leaves = boxesOf(layout.boxes.filter(box => !isFrame(box)));
  return layout.edges.flatMap(edge => {
    const others = layout.edges.filter(({ id }) => id !== edge.id);
    const labels = others.map(({ id, label }) => ({ name: `label of ${id}`, ...label }));
    const own = { name: 'its own label', ...edge.label };
    return [...labels, own, ...leaves.map(inside)]
      .filter(place => segments(edge.points).some(segment => overlap(segment, place)))
      .map(({ name }) => `${edge.id} through ${name}`);
  });
}

/** An edge ends at a border. */
const inside = ({ name, x, y, width, height }: Named): Named => ({
  name,
  x: x + 1,
  y: y + 1,
  width: width - 2,
  height: height - 2,
});

const THIN = 0.1;

const segments = (points: readonly Point[]): readonly Rectangle[] =>
  points.slice(1).map((to, index) => {
    const from = points[index] as Point;
    return {
      x: Math.min(from.x, to.x),
      y: Math.min(from.y, to.y),
      width: Math.abs(from.x - to.x) || THIN,
      height: Math.abs(from.y - to.y) || THIN,
    };
  });
